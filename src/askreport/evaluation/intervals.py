"""How far a figure may be chance: 95 % percentile bootstrap intervals over questions.

Questions are drawn with replacement, as many as there are, 10,000 times (Efron and Tibshirani 1993,
chapter 13). An interval says how much a figure would vary with other questions of the same kind; it
says nothing about questions of another kind. Where every question has the same score, the interval
has no width, which few questions can have by luck: so the number of questions stands beside it.

The seed is fixed and values are sorted first: the same scores give the same interval, in any order.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 1993
OUTSIDE_PERCENT = (2.5, 97.5)

_DRAWS_AT_ONCE = 2_000_000  # bounds the memory of an interval over many questions

Interval = tuple[float, float]
Numbers = NDArray[np.float64]


def mean_interval(values: Sequence[float | None]) -> Interval | None:
    """Interval of the mean of the values that are not `None`; `None` where there are none."""
    return _interval(values, lambda samples: samples.mean(axis=1))


def percentile_interval(values: Sequence[float | None], percent: float) -> Interval | None:
    """Interval of a percentile (linear between neighbours); `None` where there are no values."""
    return _interval(values, lambda samples: np.percentile(samples, percent, axis=1))


def sum_interval(values: Sequence[float | None]) -> Interval | None:
    """Interval of the sum over as many questions; `None` where there are no values."""
    return _interval(values, lambda samples: samples.sum(axis=1))


def _interval(
    values: Sequence[float | None], statistic: Callable[[Numbers], Numbers]
) -> Interval | None:
    present = np.sort(np.array([value for value in values if value is not None], dtype=np.float64))
    if not len(present):
        return None
    if present[0] == present[-1]:
        (only,) = statistic(present[np.newaxis, :])
        return float(only), float(only)
    figures = np.concatenate([statistic(samples) for samples in _samples(present)])
    low, high = np.percentile(figures, OUTSIDE_PERCENT)
    return float(low), float(high)


def _samples(values: Numbers) -> Iterator[Numbers]:
    """All resamples, a row each, in blocks that fit the memory."""
    generator = np.random.default_rng(SEED)
    at_once = max(1, _DRAWS_AT_ONCE // len(values))
    for start in range(0, RESAMPLES, at_once):
        size = (min(at_once, RESAMPLES - start), len(values))
        yield values[generator.integers(0, len(values), size=size)]
