"""Two results of the same questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.comparison import Change, compare, randomisation_p_value, verdict_on
from askreport.evaluation.metrics import BETTER
from askreport.evaluation.runs import EvalResult, QuestionResult


def row(
    name: str, recall: float | None, *, correct: bool = True, wording: str = "?"
) -> QuestionResult:
    scores = dict.fromkeys(BETTER, None) | {"R@5": recall, "accuracy": float(correct)}
    return QuestionResult(
        id=name,
        type="fact",
        question=wording,
        query=wording,
        answer="",
        expected="",
        refused=False,
        confidence=1.0,
        correct=correct,
        found=(1,),
        places=(),
        citations=(),
        latency_ms=5.0,
        scores=scores,
        why="",
    )


def result(*rows: QuestionResult) -> EvalResult:
    return EvalResult({}, "", {}, rows)


def change(metric: str, new: EvalResult, old: EvalResult) -> Change:
    return next(one for one in compare(new, old).changes if one.metric == metric)


def test_a_clear_gain() -> None:
    new = result(*(row(str(i), 1.0) for i in range(12)))
    old = result(*(row(str(i), 0.5) for i in range(12)))
    gain = change("R@5", new, old)
    assert (gain.value, gain.other, gain.difference, gain.pairs) == (1.0, 0.5, 0.5, 12)
    assert gain.p_value < 0.005  # 2 of 2**12 sign patterns are as extreme
    assert gain.verdict.startswith("better (p ")
    assert change("R@5", old, new).verdict.startswith("worse (p ")


def test_a_gain_that_may_be_chance() -> None:
    new = result(row("1", 1.0), row("2", 1.0), row("3", 0.0))
    old = result(row("1", 0.0), row("2", 0.0), row("3", 1.0))
    assert change("R@5", new, old).verdict.startswith("no real difference (p = ")


def test_the_same_result_twice() -> None:
    same = result(row("1", 1.0), row("2", 0.0, correct=False))
    comparison = compare(same, same)
    assert {one.p_value for one in comparison.changes} == {1.0}
    assert {one.verdict for one in comparison.changes} == {"no difference"}
    assert comparison.became_right == comparison.became_wrong == ()


def test_what_became_right_and_wrong() -> None:
    new = result(row("1", 1.0), row("2", 1.0, correct=False), row("3", 1.0))
    old = result(row("1", 1.0, correct=False), row("2", 1.0), row("3", 1.0))
    comparison = compare(new, old)
    assert comparison.became_right == ("1",)
    assert comparison.became_wrong == ("2",)


def test_only_common_questions_of_the_same_wording_count() -> None:
    new = result(row("1", 1.0), row("2", 1.0, wording="new"), row("3", 1.0))
    old = result(row("1", 0.0), row("2", 0.0, wording="old"))
    comparison = compare(new, old)
    assert (comparison.common, comparison.left_out) == (1, 3)
    assert change("R@5", new, old).pairs == 1


def test_a_metric_that_applies_in_one_result_only_is_left_out() -> None:
    metrics = {one.metric for one in compare(result(row("1", None)), result(row("1", 1.0))).changes}
    assert metrics == {"accuracy", "latency_mean_ms"}


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(QuestionsUnreadable, match="share no question"):
        compare(result(row("1", 1.0)), result(row("2", 1.0)))


def test_p_values_by_counting_sign_patterns() -> None:
    assert randomisation_p_value([]) == randomisation_p_value([0.0, 0.0]) == 1.0
    assert randomisation_p_value([0.3]) == 1.0  # both signs are as extreme
    # four equal differences: 2 of 16 patterns; zeros change nothing
    assert randomisation_p_value([1, 1, 1, 1]) == pytest.approx(2 / 16, abs=0.02)
    assert randomisation_p_value([1, 0, 1, 1, 0, 1]) == randomisation_p_value([1, 1, 1, 1])


def test_many_questions_are_tested_in_parts() -> None:
    assert randomisation_p_value([1.0, -1.0] * 1_500) == 1.0
    assert randomisation_p_value([1.0] * 3_000) == pytest.approx(1 / 10_001)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12))
def test_p_value_is_a_probability_without_direction(differences: list[float]) -> None:
    p_value = randomisation_p_value(differences)
    assert 0 < p_value <= 1
    assert p_value == randomisation_p_value(differences)
    assert p_value == randomisation_p_value([-value for value in differences])


@pytest.mark.parametrize(
    ("difference", "p_value", "better", "verdict"),
    [
        (0.1, 0.012, 1, "better (p = 0.012)"),
        (0.1, 0.012, -1, "worse (p = 0.012)"),
        (-0.1, 0.0001, -1, "better (p < 0.001)"),
        (-0.1, 0.01, 0, "lower (p = 0.01)"),
        (0.1, 0.05, 1, "no real difference (p = 0.05)"),
        (0.0, 1.0, 1, "no difference"),
    ],
)
def test_verdicts(difference: float, p_value: float, better: int, verdict: str) -> None:
    assert verdict_on(difference, p_value, better) == verdict
