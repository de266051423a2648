"""Which sentences of an index answer a question: a linear ranking of what search found.

    lexical, dense   standard scores of the sentence by itself (lexical weighted as in search, dense
                     with what the dictionary adds)
    passage          standard fused score of the passage that it stands in
    before, after    fused scores of its neighbours in the same paragraph
    names            share of the question's numbers and names that it holds
    passage_names    share of them that its passage holds
    kind             it holds the kind of thing that was asked for (a number, a reason ...)
    wrong_kind       something was asked for that it does not hold
    length           logarithm of its length in characters
    question         it asks rather than tells

There is a set of weights for questions in each language on a report in the same, and one for
questions in another language; a question gets a mean of both by how much of it the lexical side
covers. They are learned by `training/train_sentences.py`, where a sentence is right if it holds the
answer, and live in `models/sentences.json`. A heading is no answer, unless it announces a list.
"""

import json
import math
import re
from bisect import bisect_left
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askreport.answering.names import lacking, names_in
from askreport.answering.phrases import language_of
from askreport.index import Index
from askreport.retrieval import Found, lexical_weight, standardize

MODEL_FILE = Path(__file__).parents[1] / "models" / "sentences.json"
FEATURES = (
    "lexical",
    "dense",
    "passage",
    "before",
    "after",
    "names",
    "passage_names",
    "kind",
    "wrong_kind",
    "length",
    "question",
)
CANDIDATES = 60  # sentences that are looked at closely, the best by plain scores

# What a question asks for, and what a sentence must hold to answer it.
_KINDS = (
    (
        re.compile(
            r"多少|几|百分之|比例|占比|how (many|much|large|big|far|long|fast)|percentage", re.I
        ),
        re.compile(
            r"\d|[一二三四五六七八九十百千万亿]{2}|[几两数][个条家支颗种项年月天十百千万亿]"
        ),
    ),
    (
        re.compile(
            r"什么时候|何时|哪一?[年天月日]|几[月号日]|\bwhen\b|what (year|date|day|month)", re.I
        ),
        re.compile(r"\d ?[年月日]|\b(19|20)\d\d\b|世纪|年代"),
    ),
    (
        re.compile(r"为什么|为何|原因|怎么会|\bwhy\b|reason", re.I),
        re.compile(
            r"因为|由于|因此|所以|之所以|原因|得益于|在于|导致|使得|because|due to|since|therefore",
            re.I,
        ),
    ),
    (
        re.compile(
            r"哪些|哪[几两三四五六七八九十]|列出|分别|有什么|包括什么|which .*s\b|list|what are",
            re.I,
        ),
        re.compile(
            # Bounded, since a sentence of a report may be of any length.
            r"、.{0,200}、|包括|分为|，[^，\n]{0,200}，[^和\n]{0,200}和|(一|首先).{0,200}(二|其次)"
            r"|[(（]?1[)）.]|, .{0,200} and ",
            re.I,
        ),
    ),
    (
        re.compile(r"是什么|什么是|什么叫|指的?是|what (is|are)\b|define|meaning of", re.I),
        re.compile(r"是指|指的?是|是一|称为|定义|\bis an?\b|refers to", re.I),
    ),
)
ANNOUNCES = re.compile(r"[：:]$")
_ASKS = re.compile(r"[？?]$")


def ranked(index: Index, found: Found) -> list[tuple[int, float]]:
    """The best sentences as (position, score), best first.

    The softmax of the scores estimates which sentence answers best; scores compare within one
    question only.
    """
    positions, rows = candidates(index, found)
    seeing = lexical_weight(found.coverage)
    language = language_of(found.query)
    scores = rows @ (seeing * _weights(language) + (1 - seeing) * _weights("blind"))
    order = np.argsort(-scores, kind="stable")
    return [(int(positions[i]), float(scores[i])) for i in order]


def candidates(index: Index, found: Found) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Positions (c,) of the candidate sentences and their `FEATURES`, shape (c, features)."""
    passages = standardize(found.passages)[index.sentence_passage]
    order = np.argsort(-(found.sentences + passages), kind="stable")[: 2 * CANDIDATES]
    told = [p for p in order if not _is_bare_heading(index, int(p))]
    best = np.array(told[:CANDIDATES], dtype=np.int64)
    lexical = lexical_weight(found.coverage) * standardize(found.sentence_bm25)
    rows = np.zeros((len(best), len(FEATURES)))
    rows[:, 0], rows[:, 1], rows[:, 2] = lexical[best], found.meaning[best], passages[best]
    names = names_in(found.query)
    asked = [holds for asks, holds in _KINDS if asks.search(found.query)]
    for row, position in zip(rows, best, strict=True):
        row[3] = _neighbour_score(index, found, int(position), -1)
        row[4] = _neighbour_score(index, found, int(position), +1)
        unit = index.sentences[position]
        text = index.text(unit)
        passage = index.text(index.passages[index.sentence_passage[position]])
        row[5], row[6] = _share_held(names, text), _share_held(names, passage)
        held = any(holds.search(text) for holds in asked)
        row[7], row[8] = bool(asked) and held, bool(asked) and not held
        row[9] = math.log(len(text))
        row[10] = bool(_ASKS.search(text))
    return best, rows


def _is_bare_heading(index: Index, position: int) -> bool:
    unit = index.sentences[position]
    headings = index.reports[unit.report].headings
    number = bisect_left(headings, unit.start, key=lambda heading: heading.start)
    is_heading = number < len(headings) and headings[number].start == unit.start
    return is_heading and not ANNOUNCES.search(index.text(unit))


def _neighbour_score(index: Index, found: Found, position: int, step: int) -> float:
    neighbour = position + step
    if not 0 <= neighbour < len(index.sentences):
        return 0.0
    first, second = (index.sentences[p] for p in sorted((position, neighbour)))
    report = index.reports[first.report]
    if first.report != second.report or "\n" in report.text[first.end : second.start]:
        return 0.0
    return float(found.sentences[neighbour])


def _share_held(names: set[str], text: str) -> float:
    return 1 - len(lacking(names, text)) / len(names) if names else 1.0


@cache
def _weights(name: str) -> NDArray[np.float64]:
    weights = json.loads(MODEL_FILE.read_text(encoding="utf-8"))[name]
    return np.array([weights[name] for name in FEATURES])
