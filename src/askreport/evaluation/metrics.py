"""Scores of one question, and their means.

Names of the ranking metrics are those of ir-measures. A score that does not apply to a question
(the rank of evidence that does not exist, say) is `None`, and so is the mean of no scores.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from askreport.evaluation.evidence import Found, Place
from askreport.schema import Citation, Report

CUTOFF = 10
RECALL_CUTOFFS = (1, 3, 5, CUTOFF)

# 1: higher is better, -1: lower is better, 0: neither, only different
BETTER: Mapping[str, int] = {
    **{f"R@{k}": 1 for k in RECALL_CUTOFFS},
    "RR@10": 1,
    "nDCG@10": 1,
    "accuracy": 1,
    "sentences": 0,
    "citation_precision": 1,
    "citation_recall": 1,
    "citations_invalid": -1,
    "unsupported": -1,
    "refused_right": 1,
    "refused_wrong": -1,
}

_MARKER = re.compile(r"\[\d{1,2}\]")  # longer numbers in brackets are the report's own: years


def ranking_scores(
    rankings: Sequence[Sequence[int]],
    relevant: Sequence[Iterable[int]],
    names: Sequence[str],
) -> list[dict[str, float]]:
    """Binary-relevance metrics of every question by ir-measures, in the order of `rankings`.

    A ranking holds distinct passage numbers, best first; `relevant` may hold numbers that were not
    retrieved. nDCG is Järvelin and Kekäläinen's (2002) with the discount log2(1 + rank).
    """
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in names]
    judged = [
        ir_measures.Qrel(str(question), str(number), 1)
        for question, numbers in enumerate(relevant)
        for number in numbers
    ]
    run = [
        ir_measures.ScoredDoc(str(question), str(number), float(-position))
        for question, ranking in enumerate(rankings)
        for position, number in enumerate(ranking)
    ]
    scores: list[dict[str, float]] = [dict.fromkeys(names, 0.0) for _ in rankings]
    for metric in ir_measures.iter_calc(measures, judged, run):
        scores[int(metric.query_id)][str(metric.measure)] = float(metric.value)
    return scores


def retrieval_scores(found: Sequence[Found | None]) -> dict[str, float]:
    """R@k, RR@10 and nDCG@10 of one question from its quotes, of which there is at least one.

    R@k is the share of quotes found within the first k passages. For RR@10 and nDCG@10 a passage is
    relevant if it carries a quote that was found (see `Found.carriers`), and each quote that was
    not found counts as one relevant passage that is missing. So a second passage with the same
    quote neither helps nor counts as missing, one passage may carry several quotes, and a ranking
    that brings all quotes without a useless passage in between scores 1.
    """
    scores = {
        f"R@{k}": sum(one is not None and one.rank <= k for one in found) / len(found)
        for k in RECALL_CUTOFFS
    }
    carriers = {rank for one in found if one is not None for rank in one.carriers}
    missing = [-number for number, one in enumerate(found, start=1) if one is None]
    ranking = range(1, CUTOFF + 1)
    (ranked,) = ranking_scores([ranking], [[*carriers, *missing]], ["RR@10", "nDCG@10"])
    return scores | ranked


def unmet_keys(answer: str, keys: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Key lists of which the answer holds no string, compared by case, without markers, after NFKC
    and without white space."""
    text = _comparable(_MARKER.sub("", answer))
    return tuple(
        tuple(strings) for strings in keys if not any(_comparable(key) in text for key in strings)
    )


def citation_precision(cited: Sequence[Place], quotes: Sequence[Sequence[Place]]) -> float | None:
    """Share of the cited places that match some place of some quote; `None` without a citation.

    Two places match if they overlap by at least half of the shorter one. A quote is given by all of
    its occurrences.
    """
    places = [place for occurrences in quotes for place in occurrences]
    return mean(any(one.matches(place) for place in places) for one in cited)


def citation_recall(cited: Sequence[Place], quotes: Sequence[Sequence[Place]]) -> float | None:
    """Share of the quotes of which some place matches a cited place; `None` without a quote."""
    return mean(
        any(one.matches(place) for place in occurrences for one in cited) for occurrences in quotes
    )


def invalid_citations(citations: Iterable[Citation], reports: Mapping[str, Report]) -> int:
    """How many citations are not the slice of their report that they claim to be."""
    return sum(not _is_slice(citation, reports.get(citation.report)) for citation in citations)


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that are not `None`, whatever their order; `None` where there are none."""
    present = [value for value in values if value is not None]
    return math.fsum(present) / len(present) if present else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Percentile with linear interpolation between neighbours; `None` where there are no values."""
    return float(np.percentile(values, percent)) if values else None


def rounded(value: object) -> object:
    """JSON values with every float at four decimals, which is what result files hold."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _is_slice(citation: Citation, report: Report | None) -> bool:
    return (
        report is not None
        and 0 <= citation.start < citation.end <= len(report.text)
        and report.text[citation.start : citation.end] == citation.quote
    )


def _comparable(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
