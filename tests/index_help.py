"""A tiny report and an embedding model without a model, for the tests of the index."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from askreport import index
from askreport.schema import Chapter, Heading, IndexInfo, Report, Span

DIMENSION = 16


class HashEmbeddings(Embeddings):
    """A vector per text, drawn from its digest: equal texts are equal, others are far apart."""

    def __init__(self, dimension: int = DIMENSION) -> None:
        self.dimension = dimension
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8])
        return [float(x) for x in np.random.default_rng(seed).normal(size=self.dimension)]


def make_report(sentences: Sequence[str], name: str = "a.txt") -> Report:
    """One chapter and two pages, every two sentences a paragraph."""
    text, spans = "", []
    for sentence in sentences:
        spans.append(Span(len(text), len(text) + len(sentence)))
        text += sentence
    paragraphs = [Span(pair[0].start, pair[-1].end) for pair in _pairs(spans)]
    return Report(
        name=name,
        text=text,
        title="标题",
        paragraphs=tuple(paragraphs),
        sentences=tuple(spans),
        headings=(Heading("TOP1 开始", 1, 0, 2),),
        chapters=(Chapter("TOP1", "TOP1 开始", 0, len(text)),),
        page_starts=(0, len(text) // 2),
        source_digest=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
    )


def numbered(count: int, word: str = "芯片") -> list[str]:
    """`count` different sentences that hold `word`."""
    return [f"第{number}句说{word}。" for number in range(count)]


def recipe(model: str = "fake", **changes: int) -> index.Recipe:
    """What `HashEmbeddings` builds with."""
    values = {"dimension": DIMENSION, "passage_chars": 300, **changes}
    return index.Recipe(model, "0" * 64, **values)


def build(directory: Path, *reports: Report, model: str = "fake") -> IndexInfo:
    """An index whose passages are the paragraphs."""
    passages = [report.paragraphs for report in reports]
    return index.build(directory, reports, passages, HashEmbeddings(), recipe(model))


def query(text: str) -> np.ndarray:
    """The vector of a question."""
    return np.asarray(HashEmbeddings().embed_query(text), dtype=np.float32)


def _pairs(spans: list[Span]) -> list[list[Span]]:
    return [spans[first : first + 2] for first in range(0, len(spans), 2)]


if __name__ == "__main__":  # a builder that another process starts, and may kill
    build(Path(sys.argv[1]), make_report(numbered(int(sys.argv[2]), sys.argv[3])))
