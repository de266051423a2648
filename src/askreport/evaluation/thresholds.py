"""Metrics that must not be missed: `recall@5=0.9` on the command line, for use in CI.

A bound is the least for a metric of which more is better, and the most for one of which less is.
Metrics go by their names in evals/README.md or by the usual long ones, in upper or lower case.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askreport.errors import SettingsInvalid
from askreport.evaluation.metrics import BETTER

_LATENCIES = {"latency_p50_ms": -1, "latency_p95_ms": -1}
_DIRECTIONS = {name: better for name, better in {**BETTER, **_LATENCIES}.items() if better}
_LONG_NAMES = {"recall@": "r@", "mrr@": "rr@"}
_LONG_NAME = re.compile("|".join(_LONG_NAMES))


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least or the most that a metric over all questions may be."""

    metric: str
    bound: float

    def fault(self, metrics: Mapping[str, float | None]) -> str:
        """What is wrong with `metrics`, in a few words; empty where nothing is."""
        value = metrics.get(self.metric)
        if value is None:
            return f"{self.metric} applies to no question"
        is_least = _DIRECTIONS[self.metric] > 0
        if value >= self.bound if is_least else value <= self.bound:
            return ""
        return f"{self.metric} is {value:.4g}, expected at {_end(is_least)} {self.bound:g}"


def parse_thresholds(texts: Sequence[str]) -> tuple[Threshold, ...]:
    """Thresholds such as `R@5=0.9`. Raises `SettingsInvalid` for an unknown name or no number."""
    return tuple(_parse(text) for text in texts)


def faults(thresholds: Sequence[Threshold], metrics: Mapping[str, float | None]) -> str:
    """All that `metrics` miss, in one line; empty where they miss nothing."""
    return "; ".join(fault for one in thresholds if (fault := one.fault(metrics)))


def _parse(text: str) -> Threshold:
    name, _, number = (part.strip() for part in text.partition("="))
    known = {metric.casefold(): metric for metric in _DIRECTIONS}
    metric = known.get(_LONG_NAME.sub(lambda found: _LONG_NAMES[found[0]], name.casefold()))
    if metric is None:
        raise SettingsInvalid(
            f"Unknown metric {name!r} in {text!r}; expected one of {', '.join(_DIRECTIONS)}."
        )
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise SettingsInvalid(
            f"Got {number!r} as the bound of {metric}; expected a number, such as {metric}=0.9."
        )
    return Threshold(metric, bound)


def _end(is_least: bool) -> str:
    return "least" if is_least else "most"
