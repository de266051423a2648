"""From the training sets to pairs of texts that mean the same, or ask and answer.

Every source is a list of `Pair`s. Pairs of one group (questions on one passage, headings of one
name) are never each other's wrong answers in a batch.
"""

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

TRAIN_FILES = ("cmrc2018.train", "parallel.train", "cedict", "headings.train", "prose.train")
TUNE_FILES = ("cmrc2018.trial", "parallel.dev")
CHARACTERS_FILE = "opencc_t2s.json"

_LEFT_OUT = {"cncf_misc_zh"}  # two of its sources state no licence
_LONGEST_WORD = 8  # characters, of dictionary words looked for in running text
_GLOSSES_KEPT = 3
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])|\n+")
_NOT_A_GLOSS = re.compile(r"surname|variant of|CL:|see |abbr\. for |pr\. |classifier")
_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]|[\u3400-\u9fff]+\|?|\"|^to ")


class Pair(NamedTuple):
    """Two texts that belong together, and the group within which pairs may not be told apart."""

    left: str
    right: str
    group: str


def rows(data: Path, name: str, all_sets: bool = False) -> Iterator[dict[str, Any]]:
    """The rows of one file in order: of `all_sets`, or of those that we may use."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if all_sets or row.get("set") not in _LEFT_OUT:
                yield row


def digests(data: Path) -> dict[str, str]:
    """SHA-256 of every file that the training reads, by file name."""
    names = [*(f"{n}.jsonl.gz" for n in (*TRAIN_FILES, *TUNE_FILES)), CHARACTERS_FILE]
    return {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in names}


def simplified_characters(data: Path) -> dict[str, str]:
    """Traditional to simplified, single characters only."""
    table = json.loads((data / CHARACTERS_FILE).read_text(encoding="utf-8"))["chars"]
    return {k: v for k, v in table.items() if len(k) == 1 and k != v}


def sentences(text: str, shortest: int = 6) -> list[str]:
    """Sentences in order; too short ones are left out."""
    return [s for part in _SENTENCE_END.split(text) if len(s := (part or "").strip()) >= shortest]


def glossary(data: Path) -> dict[str, list[str]]:
    """Chinese word -> its first English glosses, without notes, classifiers, surnames, variants."""
    found: dict[str, list[str]] = {}
    for row in rows(data, "cedict"):
        for gloss in row["en"].split(";"):
            clean = _ASIDE.sub("", gloss.strip()).strip(" ,")
            known = found.setdefault(row["zh"], [])
            usable = clean and not _NOT_A_GLOSS.search(gloss) and clean not in known
            if usable and len(known) < _GLOSSES_KEPT:
                known.append(clean)
    return {word: glosses for word, glosses in found.items() if glosses}


def word_by_word(text: str, glosses: dict[str, list[str]], chance: random.Random) -> str:
    """The text in English words, longest dictionary words first, for a model without word order."""
    words: list[str] = []
    at = 0
    while at < len(text):
        for size in range(min(_LONGEST_WORD, len(text) - at), 0, -1):
            if known := glosses.get(text[at : at + size]):
                words.append(" " + chance.choice(known) + " ")
                at += size
                break
        else:
            words.append(text[at])
            at += 1
    return "".join(words)


def training_texts(data: Path) -> Iterator[str]:
    """What the vocabulary is counted on: about 11 M Chinese and 9 M English characters."""
    passages = {r["passage_id"]: r["passage"] for r in rows(data, "cmrc2018.train")}
    for passage in passages.values():
        yield from (passage, passage)  # twice: the sets are technical, readers' questions are not
    yield from (r["question"] for r in rows(data, "cmrc2018.train"))
    for number, row in enumerate(rows(data, "prose.train")):
        if number % 2 == 0:
            yield row["text"]
    for number, row in enumerate(rows(data, "parallel.train")):
        if number % 8 == 0 or row["set"] == "tatoeba_anki":
            yield from (row["zh"], row["en"])
    for row in rows(data, "cedict"):
        yield from (row["zh"], row["en"])


def sources(data: Path, seed: int) -> dict[str, list[Pair]]:
    """All training pairs by source name, in a fixed order for a seed."""
    chance = random.Random(seed)
    glosses = glossary(data)
    asked = list(rows(data, "cmrc2018.train"))
    prose = list(_neighbours(r["text"] for r in rows(data, "prose.train")))
    passages = {r["passage_id"]: r["passage"] for r in asked}
    made = {
        "question-passage": [Pair(r["question"], r["passage"], r["passage_id"]) for r in asked],
        "question-sentence": list(_answer_sentences(asked)),
        "sentence-passage": list(_left_out_sentences(passages)),
        "heading": [
            Pair(r["heading"], r["section"], r["heading"]) for r in rows(data, "headings.train")
        ],
        "parallel": [Pair(r["zh"], r["en"], r["zh"]) for r in rows(data, "parallel.train")],
        "dictionary": [Pair(w, "; ".join(g), g[0]) for w, g in glosses.items()],
        "neighbour": prose,
    }
    for source in ("question-passage", "question-sentence", "heading", "neighbour"):
        chosen = made[source] if len(made[source]) < 40_000 else chance.sample(made[source], 40_000)
        made[f"glossed {source}"] = [
            Pair(word_by_word(p.left, glosses, chance), p.right, p.group) for p in chosen
        ]
    return made


def _answer_sentences(asked: Iterable[dict[str, Any]]) -> Iterator[Pair]:
    for row in asked:
        parts = sentences(row["passage"])
        for number, sentence in enumerate(parts):
            if row["answers"] and row["answers"][0] in sentence:
                yield Pair(row["question"], sentence, f"{row['passage_id']}:{number}")
                break


def _left_out_sentences(passages: dict[str, str]) -> Iterator[Pair]:
    """A sentence and the rest of its passage (the inverse cloze task)."""
    for name, passage in passages.items():
        parts = sentences(passage, shortest=10)
        for i, sentence in enumerate(parts if len(parts) > 2 else []):
            yield Pair(sentence, "".join(parts[max(0, i - 3) : i] + parts[i + 1 : i + 4]), name)


def _neighbours(paragraphs: Iterable[str]) -> Iterator[Pair]:
    for number, paragraph in enumerate(paragraphs):
        parts = sentences(paragraph, shortest=10)
        for one, two in pairwise(parts):
            yield Pair(one, two, f"paragraph {number}")
