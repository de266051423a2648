"""How well a question's pieces are met, each by itself, by the sentences that may answer it.

A question that the report does not answer often shares all its words with it but one, and one
similarity of whole texts hides that. So the question is cut into the pieces of the static
model, whose vectors are the longer the more a piece says. A text meets a piece by its spelling (1),
or by the square root of the best cosine of a piece of its own.

    aligned            weighted mean over the pieces of how well the best sentence meets them, where
                       its neighbours and its passage help (somewhat less), and a piece that all the
                       sentences meet counts half: it says what is talked of, not what is asked
    aligned_alone      mean of the best sentence without that help, all pieces counted whole
    aligned_passage    mean of the best passage
    aligned_anywhere   mean where each piece is met by whatever text meets it best
    weakest            weight of the worst met piece, in the sentence where that is least
    figure_gap         for a question for a number or a time: how much less than the best sentence
                       the best clause that gives one, with the clause before it, meets the question
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from askreport.answering.emphasis import asks_for_figure, emphasised
from askreport.embedding import STATIC_FOLDER, static_runner
from askreport.static import Pieces

FEATURES = (
    "aligned",
    "aligned_alone",
    "aligned_passage",
    "aligned_anywhere",
    "weakest",
    "figure_gap",
)
# Chosen on pseudo-reports of cmrc2018.trial.
_NEIGHBOUR, _PASSAGE = 0.9, 0.8  # what is met by a neighbour, or elsewhere in the passage
_FULL_LENGTH, _IDLE_LENGTH = 28.0, 8.0  # of the vectors of a telling piece, and of one like 的
_FIGURE_SENTENCES = 5  # that are searched for numbers and times
_CLAUSE_END = re.compile(r"[，,；;。！？!?：:、]")

Rows = NDArray[np.float32]


class Candidate(NamedTuple):
    """A sentence that may answer, with the sentences beside it ("" for none) and its passage."""

    sentence: str
    before: str
    after: str
    passage: str


def features(question: str, candidates: Sequence[Candidate]) -> dict[str, float]:
    """Values of `FEATURES`; zeros without candidates, or where the question says nothing."""
    asked = static_runner(STATIC_FOLDER).pieces(question)
    idle, full = _IDLE_LENGTH, _FULL_LENGTH
    weights = np.maximum((asked.lengths - idle) / (full - idle), 0)
    if not candidates or not weights.any():
        return dict.fromkeys(FEATURES, 0.0)
    texts = [text for kind in zip(*candidates, strict=True) for text in kind]
    alone, before, after, passage = np.split(_met(asked, texts), len(Candidate._fields))
    beside = np.maximum(before, after)
    together = np.maximum(alone, np.maximum(_NEIGHBOUR * beside, _PASSAGE * passage))
    telling = weights * (1 - alone.mean(axis=0) / 2)
    return {
        "aligned": _best(together, telling),
        "aligned_alone": _best(alone, weights),
        "aligned_passage": _best(passage, weights),
        "aligned_anywhere": _best(np.maximum(beside, passage).max(axis=0)[None], weights),
        "weakest": float(((1 - together) * weights).max(axis=1).min()),
        "figure_gap": _figure_gap(question, asked, candidates, telling, _best(alone, telling)),
    }


def _figure_gap(
    question: str, asked: Pieces, candidates: Sequence[Candidate], weights: Rows, best: float
) -> float:
    if not asks_for_figure(question):
        return 0.0
    clauses = [
        clause
        for candidate in candidates[:_FIGURE_SENTENCES]
        for clause in _clauses_with_figures(question, candidate.sentence)
    ]
    return best - (_best(_met(asked, clauses), weights) if clauses else 0.0)


def _clauses_with_figures(question: str, sentence: str) -> Iterator[str]:
    """The clauses that give a number or time as asked for, each with the one before it."""
    ends = [0, *(match.end() for match in _CLAUSE_END.finditer(sentence)), len(sentence)]
    figures = emphasised(question, sentence)
    for number in range(len(ends) - 1):
        if any(ends[number] <= start < ends[number + 1] for start, _ in figures):
            yield sentence[ends[max(0, number - 1)] : ends[number + 1]]


def _best(met: Rows, weights: Rows) -> float:
    return float((met @ weights).max() / weights.sum())


def _met(asked: Pieces, texts: Sequence[str]) -> Rows:
    """How well each text meets each piece of `asked`, 0 to 1, shape (texts, pieces)."""
    distinct = list(dict.fromkeys(texts))
    cosines = static_runner(STATIC_FOLDER).best_cosines(asked.vectors, distinct)
    met = np.sqrt(np.clip(cosines, 0, 1))
    spellings = [_plain(spelling) for spelling in asked.spellings]
    for row, text in zip(met, map(_plain, distinct), strict=True):
        row[[spelling in text for spelling in spellings]] = 1
    rows = {text: row for row, text in enumerate(distinct)}
    return met[[rows[text] for text in texts]]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
