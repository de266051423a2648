"""What an evaluation came to, for its owner: at a glance, then drawn, then question by question.

The parts are made by `evaluation.html_report`, the same as in the file of `askreport eval --html`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from askreport.evaluation import html_report
from askreport.evaluation.comparison import SIGNIFICANT, Change
from askreport.evaluation.coverage import coverage
from askreport.evaluation.figures import figures
from askreport.evaluation.metrics import BETTER
from askreport.evaluation.questions import ALL_TYPES
from askreport.evaluation.wording import WORDINGS, Wording
from askreport.schema import TestQuestion
from askreport.web.markup import render
from askreport.web.strings import CHINESE, Strings
from askreport.web.trial import Outcome
from askreport.web.visits import Visits

_AT_A_GLANCE: Final = ("accuracy", "refused_right", "refused_wrong", "R@5", "citation_precision")


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at a glance. `kind` is "better", "worse", "same", or "" without a comparison."""

    name: str
    value: str
    meaning: str
    kind: str = ""
    verdict: str = ""


def results_html(
    outcome: Outcome,
    strings: Strings,
    rated: Sequence[TestQuestion] = (),
    visits: Visits | None = None,
) -> str:
    """A whole outcome: in words, compared, in figures, drawn, on the report, question by question.

    `rated` and `visits` are real questions, which count on the map of the report.
    """
    wording = _wording(outcome, strings)
    shown, before = outcome.second or outcome.first, None
    parts: dict[str, str] = {}
    if outcome.second is not None and outcome.comparison is not None:
        before = outcome.first
        parts["comparison"] = html_report.comparison_html(outcome.comparison, wording)
    drawn = figures(shown, wording, before)
    parts["pictures"] = html_report.pictures_html(drawn, wording)
    counts, asked = visits.counted() if visits else (None, None)
    rows = shown.questions
    covered = coverage(outcome.reports, rows, rows, rated, counts, asked)
    parts["coverage"] = html_report.coverage_html(covered, wording)
    parts["questions"] = html_report.questions_html(shown.questions, wording)
    parts["metrics"] = html_report.metrics_html(shown, wording)
    return render(
        "evaluation_results.html",
        tiles=_tiles(outcome, strings, wording),
        verdicts=_verdicts(outcome, strings, wording),
        sections=[
            # Made and escaped by the evaluation's own templates.
            (name, wording.contents[name], Markup(body))  # noqa: S704
            for name, body in parts.items()
        ],
        shown=strings.evaluation["shown_b" if outcome.second else "shown_a"],
    )


def _wording(outcome: Outcome, strings: Strings) -> Wording:
    """The evaluation's words; two runs are called A and B, as on the form."""
    wording = WORDINGS["zh" if strings is CHINESE else "en"]
    if outcome.second is None:
        return wording
    names = {"now": "B", "other": "A"}
    contents = {**wording.contents, "comparison": strings.evaluation["compared"]}
    return replace(
        wording,
        labels={**wording.labels, **names},
        axes={**wording.axes, **names},
        contents=contents,
    )


def _tiles(outcome: Outcome, strings: Strings, wording: Wording) -> list[Tile]:
    """The figures that an owner looks at first; with two runs, whether they really differ."""
    if outcome.comparison is None:
        scores = outcome.first.metrics[ALL_TYPES]
        return [
            Tile(wording.metric(name), f"{value:.0%}", wording.meaning[name])
            for name in _AT_A_GLANCE
            if (value := scores.get(name)) is not None
        ]
    changes = {change.metric: change for change in outcome.comparison.changes}
    return [_changed(changes[name], strings, wording) for name in _AT_A_GLANCE if name in changes]


def _changed(change: Change, strings: Strings, wording: Wording) -> Tile:
    kind = "same"
    if change.p_value < SIGNIFICANT:
        kind = "better" if change.difference * BETTER[change.metric] > 0 else "worse"
    return Tile(
        name=wording.metric(change.metric),
        value=f"{change.other:.0%} → {change.value:.0%}",
        meaning=wording.meaning[change.metric],
        kind=kind,
        verdict=strings.evaluation[kind],
    )


def _verdicts(outcome: Outcome, strings: Strings, wording: Wording) -> list[str]:
    """What really changed from A to B, a line each; one line where nothing did."""
    if outcome.comparison is None:
        return []
    real = [change for change in outcome.comparison.changes if change.p_value < SIGNIFICANT]
    lines = [
        strings.evaluation["change"].format(
            metric=wording.metric(change.metric), verdict=change.verdict_in(wording)
        )
        for change in real
    ]
    return lines or [strings.evaluation["no_change"]]
