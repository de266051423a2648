"""Two results side by side: what changed, and whether chance alone would do as much.

The test is Fisher's paired randomisation test on the mean difference, two-sided, as advised for
retrieval by Smucker, Allan and Carterette (2007): if the two runs were the same, each question's
difference could as well have the other sign. Every metric is tested on its own; among a dozen
metrics one that passes at .05 by chance is no surprise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.metrics import BETTER, mean
from askreport.evaluation.runs import EvalResult, QuestionResult
from askreport.evaluation.wording import ENGLISH, Wording

PERMUTATIONS = 10_000
SEED = 2007
SIGNIFICANT = 0.05
LATENCY = "latency_mean_ms"

_SIGNS_AT_ONCE = 2_000_000  # bounds the memory of a test on many questions
_SAME = 1e-9  # sums of the same numbers in another order differ by less


@dataclass(frozen=True, slots=True)
class Change:
    """One metric over the questions to which it applies in both results, `pairs` of them.

    `value` and `other` are means over these pairs, so they may differ from the results' own means.
    `difference` is `value - other`. `verdict` is a plain phrase, such as "better (p = 0.01)".
    """

    metric: str
    value: float
    other: float
    difference: float
    pairs: int
    p_value: float
    verdict: str

    def verdict_in(self, wording: Wording) -> str:
        """The verdict in the words of a language."""
        better = BETTER.get(self.metric, -1)  # the one metric beside those is a latency
        return verdict_on(self.difference, self.p_value, better, wording)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a result differs from another one, over the questions that both hold.

    Questions are common if id and wording are the same; `left_out` counts the rest of both results.
    `became_right` and `became_wrong` are ids, in the order of the result.
    """

    changes: tuple[Change, ...]
    became_right: tuple[str, ...]
    became_wrong: tuple[str, ...]
    common: int
    left_out: int


def compare(result: EvalResult, other: EvalResult) -> Comparison:
    """What changed from `other` to `result`. Raises `QuestionsUnreadable` if they share nothing."""
    before = {(row.id, row.question): row for row in other.questions}
    pairs = [
        (row, before[row.id, row.question])
        for row in result.questions
        if (row.id, row.question) in before
    ]
    if not pairs:
        raise QuestionsUnreadable(
            f"The two results ({len(result.questions)} and {len(other.questions)} questions) share "
            "no question; compare results of the same questions file."
        )
    return Comparison(
        changes=_changes(pairs),
        became_right=tuple(new.id for new, old in pairs if new.correct and not old.correct),
        became_wrong=tuple(new.id for new, old in pairs if old.correct and not new.correct),
        common=len(pairs),
        left_out=len(result.questions) + len(other.questions) - 2 * len(pairs),
    )


def randomisation_p_value(differences: Sequence[float]) -> float:
    """Two-sided p-value of the mean of paired differences, from 10,000 random sign changes.

    The observed signs count as one more, so that p is never 0 (Phipson and Smyth 2010). The seed is
    fixed: the same differences in the same order give the same p. 1.0 where nothing differs.
    """
    values = np.asarray(differences, dtype=float)
    values = values[values != 0]
    if not len(values):
        return 1.0
    observed = abs(values.sum()) - _SAME
    generator = np.random.default_rng(SEED)
    at_once = max(1, _SIGNS_AT_ONCE // len(values))
    extreme = 0
    for start in range(0, PERMUTATIONS, at_once):
        count = min(at_once, PERMUTATIONS - start)
        signs = 2.0 * generator.integers(0, 2, size=(count, len(values))) - 1.0
        extreme += int((np.abs(signs @ values) >= observed).sum())
    return (extreme + 1) / (PERMUTATIONS + 1)


def verdict_on(difference: float, p_value: float, better: int, wording: Wording = ENGLISH) -> str:
    """A phrase for a reader without statistics. `better` is 1, -1 or 0 as in `metrics.BETTER`."""
    p_text = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
    if p_value >= SIGNIFICANT:
        kind = "chance" if difference else "none"
    elif better == 0:
        kind = "higher" if difference > 0 else "lower"
    else:
        kind = "better" if difference * better > 0 else "worse"
    return wording.verdicts[kind].format(p=p_text)


def _changes(pairs: Sequence[tuple[QuestionResult, QuestionResult]]) -> tuple[Change, ...]:
    changes = []
    for metric, better in BETTER.items():
        values = [
            (new.scores[metric], old.scores[metric])
            for new, old in pairs
            if new.scores[metric] is not None and old.scores[metric] is not None
        ]
        changes.append(_change(metric, better, values))
    latencies = [(new.latency_ms, old.latency_ms) for new, old in pairs]
    changes.append(_change(LATENCY, -1, latencies))
    return tuple(change for change in changes if change is not None)


def _change(
    metric: str, better: int, values: Sequence[tuple[float | None, float | None]]
) -> Change | None:
    """`None` where the metric applies to no question in both results."""
    value, other = mean(new for new, _ in values), mean(old for _, old in values)
    if value is None or other is None:
        return None
    differences = [new - old for new, old in values if new is not None and old is not None]
    difference = mean(differences) or 0.0
    p_value = randomisation_p_value(differences)
    verdict = verdict_on(difference, p_value, better)
    return Change(metric, value, other, difference, len(values), p_value, verdict)
