"""Questions written for the training, as readers ask: `training/questions/*.jsonl`.

One question a line, `{"passage": ..., "kind": ..., "sentences": [...], "question": ...}`. `passage`
is an id of cmrc2018, or `prose-5-8` for rows 5 to 7 of prose.train, a line each; `sentences`
numbers those of its sentences that answer, none for a question on which it is silent.
`questions/README.md` says how they were written.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from static_data import rows

FOLDER = Path(__file__).parent / "questions"
Kind = Literal["plain", "own", "english", "chinese", "silent", "silent-english", "silent-chinese"]
_PROSE = re.compile(r"prose-(\d+)-(\d+)")
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])")


@dataclass(frozen=True)
class Written:
    """One question: the passage it is about, and the numbers of the sentences that answer it."""

    passage: str
    kind: Kind
    sentences: tuple[int, ...]
    question: str


def written(name: str) -> Iterator[Written]:
    """The questions of one file (train, trial or english), in order."""
    for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Written(row["passage"], row["kind"], tuple(row["sentences"]), row["question"])


def english_passages() -> Iterator[tuple[str, list[str]]]:
    """Ids and sentences of the passages that were made up for english.jsonl."""
    for line in (FOLDER / "english_passages.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["passage"], row["sentences"]


def passages_of(data: Path, names: Iterable[str]) -> dict[str, str]:
    """The texts that train.jsonl is about, by name; KeyError for one that the sets do not hold."""
    known = {row["passage_id"]: row["passage"] for row in rows(data, "cmrc2018.train")}
    prose = [row["text"] for row in rows(data, "prose.train", all_sets=True)]
    found = {}
    for name in names:
        if match := _PROSE.fullmatch(name):
            known[name] = "\n".join(prose[int(match[1]) : int(match[2])])
        found[name] = known[name]
    return found


def sentences_in_place(passage: str) -> list[str]:
    """The sentences of a passage, which together are the passage.

    Where white space stands alone between two ends of sentences, it belongs to the one before.
    """
    parts: list[str] = []
    for part in _SENTENCE_END.split(passage):
        if part.strip() or not parts:
            parts.append(part)
        else:
            parts[-1] += part
    return parts


def numbered_sentences(passage: str) -> list[str]:
    """The sentences of a passage as `Written.sentences` numbers them."""
    return [part.strip() for part in sentences_in_place(passage)]
