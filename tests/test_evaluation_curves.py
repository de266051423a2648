"""The numbers behind the pictures, by hand."""

import math

import pytest

from askreport.evaluation.curves import (
    brier_score,
    calibration,
    recall_over_k,
    refusal_curve,
    wilson_interval,
)
from tests.evaluation_help import row


def test_recall_over_k() -> None:
    rows = [row("a", found=(1, 4)), row("b", found=(None,)), row("c")]
    points = recall_over_k(rows)
    assert [point.k for point in points] == list(range(1, 11))
    # question a: half from rank 1, whole from rank 4; b never; c has nothing to be found
    assert [point.recall for point in points] == [0.25] * 3 + [0.5] * 7
    assert all(low <= p.recall <= high for p in points for low, high in [p.interval])


def test_nothing_to_find() -> None:
    assert recall_over_k([row("a")]) == ()
    assert recall_over_k([]) == ()


def test_refusal_curve() -> None:
    rows = [
        row("a", found=(1,), confidence=0.9),
        row("b", found=(1,), confidence=0.4, refused=True),
        row("c", confidence=0.6),
        row("d", confidence=0.2, refused=True),
    ]
    curve = refusal_curve(rows)
    assert curve is not None
    assert [(p.threshold, p.right, p.wrong) for p in curve.points] == [
        (0.2, 0.0, 0.0),
        (0.4, 0.5, 0.0),
        (0.6, 0.5, 0.5),
        (0.9, 1.0, 0.5),
        (math.inf, 1.0, 1.0),
    ]
    assert curve.operating == (0.5, 0.5)
    # of the four pairs (a c), (a d), (b c), (b d) only (b c) is in the wrong order
    assert curve.area == 0.75


def test_a_tie_counts_half() -> None:
    curve = refusal_curve([row("a", found=(1,)), row("b")])
    assert curve is not None
    assert curve.area == 0.5


@pytest.mark.parametrize("rows", [[], [row("a")], [row("a", found=(1,))]])
def test_a_curve_needs_both_kinds(rows: list) -> None:
    assert refusal_curve(rows) is None


def test_calibration_and_brier() -> None:
    rows = [
        row("a", found=(None,), confidence=1.0),
        row("b", confidence=0.8),
        row("c", confidence=0.0),
    ]
    low, high = calibration(rows)
    assert (low.questions, low.confidence, low.answerable) == (1, 0.0, 0.0)
    assert (high.questions, high.confidence, high.answerable) == (2, 0.9, 0.5)
    assert brier_score(rows) == pytest.approx((0 + 0.64 + 0) / 3)
    assert brier_score([]) is None


def test_wilson() -> None:
    # 5 of 10: centre 1/2, half width 1.96 sqrt(.025 + .0096) / 1.384 after Wilson's formula
    assert wilson_interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson_interval(0, 1) == pytest.approx((0.0, 0.7935), abs=1e-4)
