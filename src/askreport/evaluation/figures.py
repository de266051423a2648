"""The pictures of a result, as SVG for a page.

recall       share of the evidence found, over the passages looked at
types        three metrics by type of question, with intervals
refusal      right against wrong refusals over the threshold
latency      how long answers took
calibration  confidence against the share that the report answers
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from askreport.evaluation.curves import calibration, recall_over_k, refusal_curve
from askreport.evaluation.metrics import percentile
from askreport.evaluation.runs import EvalResult
from askreport.evaluation.svg import INK, Labels, drawing, shortened, to_svg
from askreport.evaluation.wording import ENGLISH, Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#2a9d8f", "#d0702b", "#8a78cf")  # at least 3:1 against white and against black
SIZE = (4.6, 3.2)  # inches at 72 points
BY_TYPE = ("R@5", "accuracy", "refused_right")
LATENCY_BINS = 24
NAME_COLUMNS = 20  # of a type; more would leave no room for the bars
_BAND = 0.18  # opacity of an interval drawn as an area
_FAINT = 0.25
_ROW_INCHES = 0.19  # of one bar


def figures(
    result: EvalResult, wording: Wording = ENGLISH, other: EvalResult | None = None
) -> dict[str, str]:
    """Name -> `<svg>`, without the pictures for which the result has no questions.

    The names are those above. `other` is an earlier result, drawn as a second line of recall. The
    same results give the same bytes.
    """
    drawn = {
        "recall": _recall(result, other, wording),
        "types": _types(result, wording),
        "refusal": _refusal(result, wording),
        "latency": _latency(result, wording),
        "calibration": _calibration(result, wording),
    }
    return {name: svg for name, svg in drawn.items() if svg}


def _recall(result: EvalResult, other: EvalResult | None, wording: Wording) -> str:
    lines = [("now", "o", recall_over_k(result.questions))]
    if other is not None:
        lines.append(("other", "s", recall_over_k(other.questions)))
    lines = [line for line in lines if line[2]]
    if not lines:
        return ""
    labels = Labels()
    with drawing(*SIZE) as figure:
        axes = _axes(figure.add_subplot(), labels, wording, "k", "recall")
        for colour, (name, marker, points) in zip(COLOURS, lines, strict=False):
            ks = [point.k for point in points]
            label = labels(wording.axes[name])
            axes.plot(ks, [p.recall for p in points], marker, ls="-", color=colour, label=label)
            lows, highs = zip(*(point.interval for point in points), strict=True)
            axes.fill_between(ks, lows, highs, color=colour, alpha=_BAND, linewidth=0)
        axes.set_xticks(range(1, 11))
        axes.set_ylim(0, 1.02)
        if len(lines) > 1:
            axes.legend(loc="lower right")
        return to_svg(figure, "recall", wording.figures["recall"], labels)


def _types(result: EvalResult, wording: Wording) -> str:
    bars = [
        (group, [(i, name) for i, name in enumerate(BY_TYPE) if scores.get(name) is not None])
        for group, scores in result.metrics.items()
    ]
    bars = [bar for bar in bars if bar[1]]
    if not bars:
        return ""
    labels = Labels()
    rows = sum(len(names) + 1 for _, names in bars)
    with drawing(SIZE[0], 1.1 + rows * _ROW_INCHES) as figure:
        axes = figure.add_subplot()
        ticks: list[float] = []
        row = 0
        for group, names in bars:
            ticks.append(row + (len(names) - 1) / 2)
            for index, name in names:
                _bar(axes, row, index, result, group, name)
                row += 1
            row += 1
        groups = [shortened(wording.type_name(group), NAME_COLUMNS) for group, _ in bars]
        axes.set_yticks(ticks, [labels(group) for group in groups])
        axes.set_ylim(row - 0.5, -1)
        axes.set_xlim(0, 1.02)
        _legend(axes, [wording.metric(name) for name in BY_TYPE], labels)
        return to_svg(figure, "types", wording.figures["types"], labels)


def _bar(axes: "Axes", row: int, index: int, result: EvalResult, group: str, metric: str) -> None:
    value = result.metrics[group][metric]
    assert value is not None
    axes.barh(row, value, height=0.86, color=COLOURS[index])
    interval = result.intervals.get(group, {}).get(metric)
    if interval is not None:
        axes.hlines(row, *interval, color=INK, linewidth=1)


def _legend(axes: "Axes", names: Sequence[str], labels: Labels) -> None:
    from matplotlib.patches import Patch

    pairs = zip(COLOURS, names, strict=False)
    patches = [Patch(color=colour, label=labels(name)) for colour, name in pairs]
    axes.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1))


def _refusal(result: EvalResult, wording: Wording) -> str:
    curve = refusal_curve(result.questions)
    if curve is None:
        return ""
    labels = Labels()
    with drawing(*SIZE) as figure:
        axes = _axes(figure.add_subplot(), labels, wording, "wrong", "right")
        axes.plot([0, 1], [0, 1], "--", color=INK, alpha=_FAINT, linewidth=1)
        wrong, right = [p.wrong for p in curve.points], [p.right for p in curve.points]
        axes.plot(wrong, right, "-", color=COLOURS[0])
        at_right, at_wrong = curve.operating
        axes.plot(at_wrong, at_right, "o", color=COLOURS[1], markersize=8)
        _note(axes, labels(wording.axes["operating"]), (at_wrong, at_right))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04))
        return to_svg(figure, "refusal", wording.figures["refusal"], labels)


def _note(axes: "Axes", text: str, point: tuple[float, float]) -> None:
    """A word beside a point, on the side where there is room."""
    left, low = point[0] > 0.5, point[1] < 0.2
    axes.annotate(
        text,
        point,
        xytext=(-8 if left else 8, 4 if low else -4),
        textcoords="offset points",
        horizontalalignment="right" if left else "left",
        verticalalignment="bottom" if low else "top",
    )


def _latency(result: EvalResult, wording: Wording) -> str:
    times = [row.latency_ms for row in result.questions]
    median, slow = percentile(times, 50), percentile(times, 95)
    if median is None or slow is None:
        return ""
    from matplotlib.ticker import MaxNLocator

    labels = Labels()
    with drawing(*SIZE) as figure:
        axes = _axes(figure.add_subplot(), labels, wording, "milliseconds", "questions")
        axes.hist(times, bins=LATENCY_BINS, color=COLOURS[0])
        for value, style, name in ((median, "-", "median"), (slow, "--", "slow")):
            label = labels(wording.axes[name].format(ms=f"{value:.3g}"))
            axes.axvline(value, linestyle=style, color=COLOURS[1], linewidth=1.2, label=label)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(left=0)
        axes.legend(loc="upper right")
        return to_svg(figure, "latency", wording.figures["latency"], labels)


def _calibration(result: EvalResult, wording: Wording) -> str:
    bins = calibration(result.questions)
    if not bins:
        return ""
    labels = Labels()
    with drawing(*SIZE) as figure:
        axes = _axes(figure.add_subplot(), labels, wording, "confidence", "answerable")
        ideal = labels(wording.axes["ideal"])
        axes.plot([0, 1], [0, 1], "--", color=INK, alpha=_FAINT, linewidth=1, label=ideal)
        for one in bins:
            axes.vlines(one.confidence, *one.interval, color=COLOURS[0], alpha=0.6)
            axes.plot(one.confidence, one.answerable, "o", color=COLOURS[0])
            _note(axes, str(one.questions), (one.confidence, one.answerable))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.04, 1.04))
        axes.legend(loc="upper left")
        return to_svg(figure, "calibration", wording.figures["calibration"], labels)


def _axes(axes: "Axes", labels: Labels, wording: Wording, x: str, y: str) -> "Axes":
    """Axes with their names and a faint grid."""
    axes.set_xlabel(labels(wording.axes[x]))
    axes.set_ylabel(labels(wording.axes[y]))
    axes.grid(color=INK, alpha=0.12, linewidth=0.6)
    axes.set_axisbelow(True)
    return axes
