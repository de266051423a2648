"""Search over one index, and LangChain retrievers on it: dense, lexical, hybrid.

A question in, passages out, best first; the score travels as `metadata["score"]`, higher is better.
A fused score ranks the passages of one question and says nothing about another question.

    question -+- dense: passage, and its best sentence (cosine) --------+
              +- lexical (BM25), weighted by how much of the question   +- sum -> top k
                 it could match at all ---------------------------------+

Each side is brought to standard scores (mean 0, deviation 1 over the index) before the sum, because
a cosine and a BM25 score share no scale. A side that is blind (English words, Chinese report) would
still shout in standard scores; so the lexical side counts as much as its best hit covers of the
question. Where question and report are in different languages, the dictionary adds to the dense
side.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict

from askreport.dictionary import translated
from askreport.index import Index, Unit
from askreport.lexical import is_unspaced

Mode = Literal["dense", "lexical", "hybrid"]
Scores = NDArray[np.float32]

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")

POOL = 400  # neighbours asked of the store; what is farther gets the score of the farthest of them
# Chosen on cmrc2018.trial (Chinese questions) and parallel.dev (English on Chinese sentences).
SENTENCE_WEIGHT = 2.0  # of a passage's best sentence, against 1 for the whole passage
FULL_COVERAGE = 0.4  # of a question; a best hit that covers this much gives BM25 its full weight
BLINDNESS = 4  # power by which its weight falls below that
LANGUAGE_CHARS = 5_000  # of a report; they tell which script it is in
DICTIONARY_WEIGHT = 0.3  # of what the dictionary finds, against 1 for the dense side

_SELF_REFERENCE = re.compile(
    r"(?:^|(?<=[，。、？！：；\s])|(?<=总结|概括|概述))(?:请问)?(?:按照?|根据|依据|在)?(?:这份|这篇|该|本|这)?"
    r"(?:报告(?![期人会])|文章|全文)(?:的说法|的观点)?(?:里|中(?!国))?(?:指出|认为|提出|提到|说明?|显示|把)?的?"
    r"|,? ?\b(?:according to|as per|in|does) (?:the|this) (?:report|document)\b"
    r"(?: says?| say| mention| state)?",
    re.IGNORECASE,
)


def without_self_reference(question: str) -> str:
    """`question` without mentions of the report as such, which every passage fits alike."""
    return _SELF_REFERENCE.sub(" ", question).strip(" ，,") or question


def standardize(scores: Scores) -> Scores:
    """Scores with mean 0 and deviation 1; zeros where all are equal. Shape (n,) in and out."""
    deviation = float(scores.std()) if scores.size else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, dtype=np.float32)


def lexical_weight(coverage: float) -> float:
    """Weight, 0 to 1, of the lexical side where its best hit covers `coverage` of the question."""
    return min(1.0, coverage / FULL_COVERAGE) ** BLINDNESS


@dataclass(frozen=True)
class Found:
    """What one question found. All arrays are over the whole index, in index order.

    `passages` (n,) and `sentences` (m,) are fused scores; the others are what they were fused from:
    `meaning` (m,), in standard scores, is a sentence's cosine and what the dictionary says of it.
    `coverage` is the share, 0 to 1, of the question's lexical weight that its best passage holds.
    """

    query: str
    passages: Scores
    sentences: Scores
    passage_cosines: Scores
    sentence_cosines: Scores
    passage_bm25: Scores
    sentence_bm25: Scores
    meaning: Scores
    coverage: float

    def best_passages(self, k: int) -> list[int]:
        """Positions of the `k` best passages, best first; ties in index order."""
        return _best(self.passages, k)

    def best_sentences(self, k: int) -> list[int]:
        """Positions of the `k` best sentences, best first; ties in index order."""
        return _best(self.sentences, k)


class Searcher:
    """Scores every passage and sentence of an index for a question. Safe for many threads."""

    def __init__(
        self,
        index: Index,
        embeddings: Embeddings,
        mode: Mode = "hybrid",
    ) -> None:
        self.index = index
        self._embeddings = embeddings
        self._mode = mode

    def search(self, query: str) -> Found:
        """Scores for `query`. In a mode of one side the other side's scores are zeros."""
        asked = without_self_reference(query)
        passage_bm25 = np.zeros(len(self.index.passages), dtype=np.float32)
        sentence_bm25 = np.zeros(len(self.index.sentences), dtype=np.float32)
        passage_cosines, sentence_cosines = passage_bm25.copy(), sentence_bm25.copy()
        coverage = 0.0
        if self._mode != "dense":
            bm25 = self.index.lexical("passages")
            passage_bm25 = bm25.scores(asked)
            sentence_bm25 = self.index.lexical("sentences").scores(asked)
            coverage = bm25.coverage(asked, passage_bm25)
        if self._mode != "lexical":
            vector = np.asarray(self._embeddings.embed_query(asked), dtype=np.float32)
            passage_cosines = self._cosines("passages", vector, len(self.index.passages))
            sentence_cosines = self._cosines("sentences", vector, len(self.index.sentences))
        weight = 1.0 if self._mode == "lexical" else lexical_weight(coverage)
        best_sentence = standardize(self._best_of_passage(sentence_cosines))
        dense = standardize(standardize(passage_cosines) + SENTENCE_WEIGHT * best_sentence)
        meaning = standardize(sentence_cosines)
        if self._mode == "hybrid" and self._needs_dictionary(asked):
            units = translated(asked)
            dense = _with_dictionary(dense, self.index.lexical("passages").structured_scores(units))
            meaning = _with_dictionary(
                meaning, self.index.lexical("sentences").structured_scores(units)
            )
        passages = weight * standardize(passage_bm25) + dense
        sentences = weight * standardize(sentence_bm25) + meaning
        return Found(
            query=query,
            passages=passages,
            sentences=sentences,
            passage_cosines=passage_cosines,
            sentence_cosines=sentence_cosines,
            passage_bm25=passage_bm25,
            sentence_bm25=sentence_bm25,
            meaning=meaning,
            coverage=coverage,
        )

    def _needs_dictionary(self, question: str) -> bool:
        return self._is_unspaced != any(map(is_unspaced, question))

    @cached_property
    def _is_unspaced(self) -> bool:
        """Whether the reports are mostly in a script without spaces."""
        start = "".join(report.text[:LANGUAGE_CHARS] for report in self.index.reports)
        letters = [character for character in start if character.isalpha()]
        return 2 * sum(map(is_unspaced, letters)) > len(letters)

    def _cosines(
        self, kind: Literal["passages", "sentences"], vector: NDArray[np.float32], size: int
    ) -> Scores:
        positions, cosines = self.index.nearest(kind, vector, min(POOL, size))
        floor = cosines.min() if cosines.size else 0.0
        scores = np.full(size, floor, dtype=np.float32)
        scores[positions] = cosines
        return scores

    def _best_of_passage(self, sentence_scores: Scores) -> Scores:
        floor = sentence_scores.min() if sentence_scores.size else 0.0
        best = np.full(len(self.index.passages), floor, dtype=np.float32)
        np.maximum.at(best, self.index.sentence_passage, sentence_scores)
        return best


def _with_dictionary(dense: Scores, dictionary: Scores) -> Scores:
    return standardize(dense + DICTIONARY_WEIGHT * standardize(dictionary))


class ReportRetriever(BaseRetriever):
    """A LangChain retriever: the `k` best passages of the report as documents."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    searcher: Searcher
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return documents(self.searcher.index, self.searcher.search(query), self.k)


def documents(index: Index, found: Found, k: int) -> list[Document]:
    """The `k` best passages as documents with report, start, end, chapter, page and score."""
    return [
        _document(index, index.passages[position], float(found.passages[position]))
        for position in found.best_passages(k)
    ]


def _document(index: Index, unit: Unit, score: float) -> Document:
    report = index.reports[unit.report]
    chapter = report.chapter_at(unit.start)
    return Document(
        page_content=report.text[unit.start : unit.end],
        metadata={
            "report": report.name,
            "start": unit.start,
            "end": unit.end,
            "chapter": chapter.label if chapter else None,
            "page": report.page_at(unit.start),
            "score": score,
        },
    )


def _best(scores: Scores, k: int) -> list[int]:
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(position) for position in order]
