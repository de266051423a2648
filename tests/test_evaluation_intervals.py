"""Bootstrap intervals: hand-computed where the distribution is known, and the edge cases."""

import random

import pytest

from askreport.evaluation import intervals
from askreport.evaluation.intervals import mean_interval, percentile_interval, sum_interval


def test_no_values() -> None:
    assert mean_interval([]) is None
    assert mean_interval([None, None]) is None
    assert percentile_interval([], 50) is None


def test_values_that_are_all_the_same_have_no_width() -> None:
    assert mean_interval([0.5, None, 0.5]) == (0.5, 0.5)
    assert sum_interval([2.0, 2.0, 2.0]) == (6.0, 6.0)
    assert percentile_interval([7.0], 95) == (7.0, 7.0)


def test_two_questions_one_right_reach_from_none_to_all() -> None:
    # draws: none, one or two right with 1/4, 1/2, 1/4, so 2.5 % and 97.5 % are the ends
    assert mean_interval([0.0, 1.0]) == (0.0, 1.0)


def test_a_hundred_questions_half_right() -> None:
    # binomial(100, 1/2): P(X <= 39) = .0176, P(X <= 40) = .0284; the 97.5 % point is 60 likewise
    low, high = mean_interval([0.0, 1.0] * 50) or (0, 0)
    assert low == pytest.approx(0.40, abs=0.011)
    assert high == pytest.approx(0.60, abs=0.011)


def test_the_order_of_the_questions_does_not_matter() -> None:
    values = [index / 10 for index in range(11)]
    shuffled = random.Random(1).sample(values, len(values))
    assert mean_interval(values) == mean_interval(shuffled)


def test_blocks_give_one_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [0.0, 1.0] * 20
    whole = mean_interval(values)
    monkeypatch.setattr(intervals, "_DRAWS_AT_ONCE", 1000)
    assert mean_interval(values) == pytest.approx(whole, abs=0.03)


def test_a_percentile_stays_within_the_values() -> None:
    low, high = percentile_interval([1.0, 2.0, 3.0, 100.0], 50) or (0, 0)
    assert 1.0 <= low <= 2.5 <= high <= 100.0
