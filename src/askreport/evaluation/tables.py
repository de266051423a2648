"""Results as tables for a terminal."""

from collections.abc import Mapping, Sequence
from functools import singledispatch

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from askreport.evaluation.benchmark import MEASURES, BenchmarkResult
from askreport.evaluation.comparison import Comparison
from askreport.evaluation.intervals import Interval
from askreport.evaluation.questions import ALL_TYPES
from askreport.evaluation.runs import EvalResult, QuestionResult

WORST = 20  # rows that still fit a screen
COUNTS = ("questions", "answerable")
RANKING = ("R@1", "R@3", "R@5", "R@10", "RR@10", "nDCG@10")
ANSWERS = (
    "accuracy",
    "sentences",
    "citation_precision",
    "citation_recall",
    "refused_right",
    "refused_wrong",
)
TOTALS = ("citations_invalid", "unsupported", "latency_p50_ms", "latency_p95_ms")

Tables = tuple[RenderableType, ...]


@singledispatch
def tables_for(result: EvalResult | Comparison | BenchmarkResult) -> Tables:
    """Tables of an evaluation, a comparison or a benchmark, to be printed by a `rich` console."""
    raise TypeError(f"no table for {type(result).__name__}")


@tables_for.register
def _(result: EvalResult) -> Tables:
    return (
        _by_type(result, "Evidence in the passages", (*COUNTS, *RANKING)),
        _by_type(result, "Answers and citations", ANSWERS),
        Text("Below a figure: its 95 % interval over the questions (bootstrap)."),
        _totals(result.metrics[ALL_TYPES]),
        _worst(result.questions),
    )


@tables_for.register
def _(comparison: Comparison) -> Tables:
    table = Table(title=f"{comparison.common} questions in both", title_justify="left")
    table.add_column("metric")
    for name in ("now", "other", "difference"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for change in comparison.changes:
        table.add_row(
            change.metric,
            number(change.value),
            number(change.other),
            f"{change.difference:+.3f}",
            change.verdict,
        )
    lines = [
        _ids("became right", comparison.became_right),
        _ids("became wrong", comparison.became_wrong),
    ]
    if comparison.left_out:
        lines.append(Text(f"left out, in one result only: {comparison.left_out}"))
    return (table, *lines)


@tables_for.register
def _(result: BenchmarkResult) -> Tables:
    title = f"{result.passages} passages, {result.questions} questions"
    table = Table(title=title, title_justify="left")
    table.add_column("retriever")
    for name in (*MEASURES, "ms (p50)", "ms (p95)"):
        table.add_column(name, justify="right")
    for retriever, scores in result.metrics.items():
        timings = result.timings_ms[retriever]
        numbers = [*(scores[name] for name in MEASURES), timings["p50"], timings["p95"]]
        table.add_row(_plain(retriever), *(number(one) for one in numbers))
    return (table,)


def number(value: float | None) -> str:
    """Whole numbers plain, others with three decimals, "-" where there is none."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def by_urgency(rows: Sequence[QuestionResult]) -> list[QuestionResult]:
    """Wrong answers first, then remarks, by how far down the evidence is; then the rest."""
    return sorted(
        rows,
        key=lambda row: (not row.why, row.correct, row.scores.get("nDCG@10") or 0.0, row.id),
    )


def _by_type(result: EvalResult, title: str, names: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("type")
    for name in names:
        table.add_column(name.replace("_", "\n"), justify="right")
    for group, scores in result.metrics.items():
        intervals = result.intervals.get(group, {})
        cells = (_with_interval(scores.get(name), intervals.get(name)) for name in names)
        table.add_row(_plain(group), *cells)
    return table


def _with_interval(value: float | None, interval: Interval | None) -> str:
    """A figure with the ends of its interval below; alone where the interval has no width."""
    if interval is None or interval[0] == interval[1]:
        return number(value)
    return f"{number(value)}\n{interval[0]:.2f} {interval[1]:.2f}"


def _totals(scores: Mapping[str, float | None]) -> Text:
    """What is told once: how fast, how many citations are not what they claim to be, and how many
    written sentences are not borne out."""
    median, slow = number(scores.get("latency_p50_ms")), number(scores.get("latency_p95_ms"))
    invalid = number(scores.get("citations_invalid"))
    told = f"Milliseconds: {median} (p50), {slow} (p95). Invalid citations: {invalid}."
    if scores.get("unsupported") is not None:
        told += f" Unsupported sentences per written answer: {number(scores['unsupported'])}."
    return Text(f"{told}\n")


def _worst(rows: Sequence[QuestionResult]) -> RenderableType:
    """The questions that missed: wrong answers first, then by how far down their evidence is."""
    missed = [row for row in by_urgency(rows) if row.why]
    if not missed:
        return Text("No question missed.")
    table = Table(title=f"Missed: {len(missed)} of {len(rows)} questions", title_justify="left")
    for name in ("id", "type", "question", "why"):
        table.add_column(name, overflow="fold")
    for row in missed[:WORST]:
        table.add_row(*(_plain(cell) for cell in (row.id, row.type, row.question, row.why)))
    if len(missed) > WORST:
        table.caption = f"{len(missed) - WORST} more in the JSON file"
    return table


def _ids(label: str, ids: Sequence[str]) -> Text:
    return _plain(f"{label} ({len(ids)}): {', '.join(ids) or '-'}")


def _plain(text: str) -> Text:
    """Text of a file, shown as it is: no markup, and no codes that would steer the terminal."""
    return Text("".join(character if character.isprintable() else " " for character in text))
