"""Reports made of CMRC 2018 passages, to learn from on the code path of the product.

Passages are grouped by subject, so that a question meets passages that are near its own. Half of a
group is indexed: questions on that half are answerable, questions on the other half are not; then
the halves change places. Only the trial set is of use: the embeddings were trained on the train
set, so that its questions look easier than any that they have not seen.
"""

import gzip
import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track
from sklearn.cluster import KMeans

from askreport import index
from askreport.chunking import split_passages
from askreport.config import BUNDLED, PASSAGE_CHARS
from askreport.embedding import StaticEmbeddings, make_embeddings
from askreport.reading import report_from_paragraphs
from askreport.retrieval import Searcher

GROUP_PASSAGES = 85  # of which half are indexed
SMALLEST_GROUP = 8
SEED = 0


@dataclass(frozen=True)
class Asked:
    """A question of the data; `passage` is where its answers stand, by position in the report."""

    question: str
    answers: tuple[str, ...]
    passage: int


@dataclass(frozen=True)
class PseudoReport:
    """An open index with the questions that it answers and those that it does not.

    `blind` searches by meaning alone, as for a question in another language than the report.
    """

    searcher: Searcher
    blind: Searcher
    answerable: tuple[Asked, ...]
    unanswerable: tuple[str, ...]


def pseudo_reports(path: Path) -> Iterator[PseudoReport]:
    """A pseudo-report per group of passages of a cmrc2018 file; open until the next is taken."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    passages = {row["passage_id"]: row["passage"] for row in rows}
    embeddings = make_embeddings(BUNDLED)
    assert isinstance(embeddings, StaticEmbeddings)
    rng = random.Random(SEED)
    for group in track(_groups(passages, embeddings), description=path.name):
        rng.shuffle(group)
        halves = group[::2], group[1::2]
        for kept, left_out in (halves, halves[::-1]):
            place = {key: number for number, key in enumerate(kept)}
            with tempfile.TemporaryDirectory() as folder:
                opened = _index([passages[key] for key in kept], embeddings, Path(folder))
                yield PseudoReport(
                    Searcher(opened, embeddings),
                    Searcher(opened, embeddings, "dense"),
                    tuple(
                        Asked(row["question"], _answers(row), place[row["passage_id"]])
                        for row in rows
                        if row["passage_id"] in place
                    ),
                    tuple(row["question"] for row in rows if row["passage_id"] in left_out),
                )


def _groups(passages: dict[str, str], embeddings: StaticEmbeddings) -> list[list[str]]:
    keys = sorted(passages)
    vectors = embeddings.embed_array([passages[key] for key in keys])
    clusters = max(1, len(keys) // GROUP_PASSAGES)
    labels = KMeans(clusters, n_init=2, random_state=SEED).fit_predict(vectors)
    groups: list[list[str]] = [[] for _ in range(clusters)]
    for key, label in zip(keys, labels, strict=True):
        groups[label].append(key)
    return [group for group in groups if len(group) >= SMALLEST_GROUP]


def _index(texts: list[str], embeddings: StaticEmbeddings, folder: Path) -> index.Index:
    report = report_from_paragraphs("pseudo", texts)
    recipe = index.Recipe(BUNDLED, embeddings.digest, embeddings.dimension, PASSAGE_CHARS)
    index.build(folder, [report], [split_passages(report, PASSAGE_CHARS)], embeddings, recipe)
    return index.open_index(folder, recipe)


def _answers(row: dict[str, list[str | dict[str, str]]]) -> tuple[str, ...]:
    answers = (a if isinstance(a, str) else a["text"] for a in row["answers"])
    return tuple(" ".join(answer.split()) for answer in answers if answer.strip())
