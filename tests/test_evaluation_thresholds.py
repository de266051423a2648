"""Bounds on metrics: names, directions, faults."""

import pytest

from askreport.errors import SettingsInvalid
from askreport.evaluation.thresholds import Threshold, faults, parse_thresholds

METRICS = {"R@5": 0.9, "accuracy": 0.5, "refused_wrong": 0.1, "refused_right": None}


@pytest.mark.parametrize(
    ("text", "metric", "bound"),
    [
        ("R@5=0.9", "R@5", 0.9),
        ("recall@5=0.9", "R@5", 0.9),
        ("Recall@10 = 1", "R@10", 1.0),
        ("mrr@10=.5", "RR@10", 0.5),
        ("rr@10=.5", "RR@10", 0.5),
        ("ndcg@10=0.8", "nDCG@10", 0.8),
        ("Citation_Precision=0.7", "citation_precision", 0.7),
        ("latency_p95_ms=200", "latency_p95_ms", 200.0),
    ],
)
def test_names(text: str, metric: str, bound: float) -> None:
    assert parse_thresholds([text]) == (Threshold(metric, bound),)


@pytest.mark.parametrize("text", ["recall@7=0.9", "sentences=2", "=0.9", "", "R@5"])
def test_what_is_no_threshold_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        parse_thresholds([text])
    assert repr(text.partition("=")[0]) in str(caught.value) or "number" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["", "high", "nan", "inf", "0,9"])
def test_a_bound_is_a_number(number: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"expected a number, such as R@5=0\.9"):
        parse_thresholds([f"R@5={number}"])


def test_a_bound_that_is_just_met_is_met() -> None:
    assert faults(parse_thresholds(["R@5=0.9", "refused_wrong=0.1"]), METRICS) == ""


def test_higher_is_better_means_at_least_and_lower_at_most() -> None:
    missed = parse_thresholds(["accuracy=0.6", "R@5=0.5", "refused_wrong=0.05"])
    assert faults(missed, METRICS) == (
        "accuracy is 0.5, expected at least 0.6; refused_wrong is 0.1, expected at most 0.05"
    )


def test_a_metric_without_questions_is_a_fault() -> None:
    assert faults(parse_thresholds(["refused_right=0.5"]), METRICS) == (
        "refused_right applies to no question"
    )
