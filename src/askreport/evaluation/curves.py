"""The numbers behind the pictures, from the rows of a result.

Nothing here is drawn or worded. Shares are 0 to 1; everything is in the order in which it is drawn.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from askreport.evaluation.intervals import Interval, mean_interval
from askreport.evaluation.metrics import CUTOFF, mean
from askreport.evaluation.runs import QuestionResult

CALIBRATION_BINS = 5  # a hundred questions leave about twenty in each
_Z = 1.959964  # 97.5 % point of the normal distribution

Rows = Sequence[QuestionResult]


@dataclass(frozen=True, slots=True)
class RecallPoint:
    """Mean share of a question's quotes found within the first `k` passages."""

    k: int
    recall: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class RefusalPoint:
    """Shares refused if everything with less confidence than `threshold` were refused.

    `right` is the share of the unanswerable questions, `wrong` that of the answerable ones.
    """

    threshold: float
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class RefusalCurve:
    """From refusing nothing to refusing everything; `operating` is what the run itself did."""

    points: tuple[RefusalPoint, ...]
    operating: tuple[float, float]
    area: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Questions of about the same confidence: its mean, and the share that is answerable.

    `interval` is Wilson's (1927) 95 % interval of the share.
    """

    questions: int
    confidence: float
    answerable: float
    interval: Interval


def recall_over_k(rows: Rows) -> tuple[RecallPoint, ...]:
    """Recall at 1 to 10 over the answerable questions; empty where there are none."""
    answerable = [row.found for row in rows if row.found]
    if not answerable:
        return ()
    points = []
    for k in range(1, CUTOFF + 1):
        shares = [
            sum(rank is not None and rank <= k for rank in found) / len(found)
            for found in answerable
        ]
        interval = mean_interval(shares)
        assert interval is not None
        points.append(RecallPoint(k, math.fsum(shares) / len(shares), interval))
    return tuple(points)


def refusal_curve(rows: Rows) -> RefusalCurve | None:
    """Right against wrong refusals over the threshold; `None` without questions of both kinds.

    `area` is the probability that a random answerable question has more confidence than a random
    unanswerable one, ties counted half.
    """
    answerable = sorted(row.confidence for row in rows if row.found)
    silent = sorted(row.confidence for row in rows if not row.found)
    right = mean(row.refused for row in rows if not row.found)
    wrong = mean(row.refused for row in rows if row.found)
    if right is None or wrong is None:
        return None
    thresholds = [*sorted({*answerable, *silent}), math.inf]
    points = tuple(
        RefusalPoint(
            threshold,
            bisect_left(silent, threshold) / len(silent),
            bisect_left(answerable, threshold) / len(answerable),
        )
        for threshold in thresholds
    )
    area = math.fsum(
        (new.wrong - old.wrong) * (new.right + old.right) / 2 for old, new in pairwise(points)
    )
    return RefusalCurve(points, (right, wrong), area)


def calibration(rows: Rows) -> tuple[CalibrationBin, ...]:
    """Confidence against the share that is answerable, in five bins of equal width; no empty bin.

    A confidence of 1 belongs to the last bin.
    """
    bins: list[list[QuestionResult]] = [[] for _ in range(CALIBRATION_BINS)]
    for row in rows:
        bins[min(int(row.confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append(row)
    return tuple(_calibration_bin(group) for group in bins if group)


def brier_score(rows: Rows) -> float | None:
    """Mean squared distance of confidence from the truth (Brier 1950); 0 is best, .25 a coin."""
    return mean((row.confidence - bool(row.found)) ** 2 for row in rows)


def wilson_interval(successes: int, trials: int) -> Interval:
    """Wilson's (1927) 95 % interval of a share; `trials` is at least 1."""
    share = successes / trials
    spread = _Z**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def _calibration_bin(rows: Rows) -> CalibrationBin:
    answerable = sum(bool(row.found) for row in rows)
    return CalibrationBin(
        questions=len(rows),
        confidence=math.fsum(row.confidence for row in rows) / len(rows),
        answerable=answerable / len(rows),
        interval=wilson_interval(answerable, len(rows)),
    )
