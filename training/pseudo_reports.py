"""Reports made of CMRC 2018 passages, to learn from on the code path of the product.

Passages are grouped by subject, so that a question meets passages that are near its own. Half of a
group is indexed: questions on that half are answerable, questions on the other half are not; then
the halves change places. From each indexed passage the sentences that answer one of its questions
are left out: the report speaks of what that question is about, and does not answer it. Every
question is also asked with synonyms and in English words, since readers know neither the words of
the report nor always its language.

Only the trial set is of use: the models were trained on the train set, so that its questions look
easier than any that they have not seen.
"""

import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.progress import track
from sklearn.cluster import KMeans

from askreport import index
from askreport.chunking import split_passages
from askreport.config import BUNDLED, PASSAGE_CHARS
from askreport.embedding import BundledEmbeddings
from askreport.reading import report_from_paragraphs
from askreport.retrieval import Searcher
from static_data import glossary, reworded, rows, synonyms, word_by_word

GROUP_PASSAGES = 85  # of which half are indexed
SMALLEST_GROUP = 8
SMALLEST_PASSAGE_CHARS = 60  # that may be left of a passage
REPLACED = 0.7  # share of the words that synonyms replace
SEED = 0

Wording = Literal["plain", "reworded", "english"]
Kind = Literal["answerable", "near", "far"]
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])")


@dataclass(frozen=True)
class Asked:
    """A question of the data in all wordings.

    `passage` is where its answers stand, by position in the report; meaningless unless answerable.
    """

    wordings: dict[Wording, str]
    answers: tuple[str, ...]
    kind: Kind
    passage: int


@dataclass(frozen=True)
class PseudoReport:
    """An open index with the questions that it answers and those that it does not."""

    searcher: Searcher
    asked: tuple[Asked, ...]


def pseudo_reports(data: Path) -> Iterator[PseudoReport]:
    """Two pseudo-reports per group of passages of cmrc2018.trial; open until the next is taken."""
    found = list(rows(data, "cmrc2018.trial"))
    passages = {row["passage_id"]: row["passage"] for row in found}
    embeddings = BundledEmbeddings()
    rng = random.Random(SEED)
    say = Wordings(data, rng)
    for group in track(_groups(passages, embeddings), description="pseudo-reports"):
        rng.shuffle(group)
        halves = group[::2], group[1::2]
        for kept in halves:
            members = [row for row in found if row["passage_id"] in group]
            texts, asked = _report({key: passages[key] for key in kept}, members, say, rng)
            with tempfile.TemporaryDirectory() as folder:
                opened = _index(texts, embeddings, Path(folder))
                # The questions in English words come from the dictionary, which must not find them.
                searcher = Searcher(opened, embeddings, dictionary=False)
                yield PseudoReport(searcher, tuple(asked))


class Wordings:
    """Says a question in all wordings."""

    def __init__(self, data: Path, rng: random.Random) -> None:
        self._glosses = glossary(data)
        self._same = synonyms(self._glosses)
        self._rng = rng

    def __call__(self, question: str) -> dict[Wording, str]:
        return {
            "plain": question,
            "reworded": reworded(question, self._same, REPLACED, self._rng),
            "english": word_by_word(question, self._glosses, self._rng),
        }


def _report(
    kept: dict[str, str], members: Sequence[dict[str, Any]], say: Wordings, rng: random.Random
) -> tuple[list[str], list[Asked]]:
    """The texts of a report of the passages in `kept`, and what all `members` ask of it."""
    texts: list[str] = []
    asked: list[Asked] = []
    for place, (key, passage) in enumerate(kept.items()):
        own = [row for row in members if row["passage_id"] == key]
        silenced = rng.choice(own)
        left = _without(passage, _answers(silenced))
        if len(left) < SMALLEST_PASSAGE_CHARS:
            left = passage
        texts.append(left)
        for row in own:
            answers = _answers(row)
            kind: Kind = "answerable" if any(a in left for a in answers) else "near"
            asked.append(Asked(say(row["question"]), answers, kind, place))
    asked += [
        Asked(say(row["question"]), _answers(row), "far", -1)
        for row in members
        if row["passage_id"] not in kept
    ]
    return texts, asked


def _without(passage: str, answers: Sequence[str]) -> str:
    """The passage without the sentences that hold one of `answers`."""
    return "".join(s for s in _SENTENCE_END.split(passage) if not any(a in s for a in answers))


def _groups(passages: dict[str, str], embeddings: BundledEmbeddings) -> list[list[str]]:
    keys = sorted(passages)
    vectors = embeddings.embed_array([passages[key] for key in keys])
    clusters = max(1, len(keys) // GROUP_PASSAGES)
    labels = KMeans(clusters, n_init=2, random_state=SEED).fit_predict(vectors)
    groups: list[list[str]] = [[] for _ in range(clusters)]
    for key, label in zip(keys, labels, strict=True):
        groups[label].append(key)
    return [group for group in groups if len(group) >= SMALLEST_GROUP]


def _index(texts: list[str], embeddings: BundledEmbeddings, folder: Path) -> index.Index:
    report = report_from_paragraphs("pseudo", texts)
    recipe = index.Recipe(BUNDLED, embeddings.digest, embeddings.dimension, PASSAGE_CHARS)
    index.build(folder, [report], [split_passages(report, PASSAGE_CHARS)], embeddings, recipe)
    return index.open_index(folder, recipe)


def _answers(row: dict[str, Any]) -> tuple[str, ...]:
    answers = (a if isinstance(a, str) else a["text"] for a in row["answers"])
    return tuple(" ".join(answer.split()) for answer in answers if answer.strip())
