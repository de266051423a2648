"""Ask an assistant every test question and keep what came of it.

A result is made to be kept and compared: settings, commit, metrics over all questions and by type,
and one row per question that tells what was found and why it missed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.evidence import EvidenceLocator, Found, Place, find_quote
from askreport.evaluation.intervals import (
    Interval,
    mean_interval,
    percentile_interval,
    sum_interval,
)
from askreport.evaluation.metrics import (
    BETTER,
    CUTOFF,
    citation_precision,
    citation_recall,
    invalid_citations,
    mean,
    percentile,
    retrieval_scores,
    rounded,
    unmet_keys,
)
from askreport.evaluation.questions import ALL_TYPES, parse_json, read_text
from askreport.schema import Answer, Report, TestQuestion, Turn

PLACES_KEPT = 5  # passages whose places a row shows: what a reader of the page sees at a glance
NEAR = 5  # evidence below this rank is worth a remark

T = TypeVar("T")
Progress = Callable[[int, int], None]
Scores = Mapping[str, float | None]
Intervals = Mapping[str, Interval | None]


class Assistant(Protocol):
    """Whoever answers. `passages` of its answers are best first, ten where there are ten."""

    @property
    def reports(self) -> tuple[Report, ...]: ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer: ...


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What came of one question.

    `correct`: all key lists met and not refused; for a question without evidence, refused. `found`
    has the 1-based rank of every quote, `None` where it is not among the first ten passages.
    `scores` has the question's share in every metric, `None` where the metric does not apply. `why`
    is empty if nothing is amiss. `evidence` is the question's own (empty too in results of old).
    """

    id: str
    type: str
    question: str
    query: str
    answer: str
    expected: str | None
    refused: bool
    confidence: float
    correct: bool
    found: tuple[int | None, ...]
    places: tuple[Mapping[str, Any], ...]
    citations: tuple[Mapping[str, Any], ...]
    latency_ms: float
    scores: Scores
    why: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvalResult:
    """One evaluation. `metrics` maps "all" and every type to its metrics (see evals/README.md).

    `intervals` does the same with the 95 % interval of every metric that is more than a count.
    """

    settings: Mapping[str, object]
    commit: str
    metrics: Mapping[str, Scores]
    questions: tuple[QuestionResult, ...]
    intervals: Mapping[str, Intervals] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The public format, numbers rounded to four decimals; settings stay as they are."""
        return {
            "settings": dict(self.settings),
            "commit": self.commit,
            "metrics": rounded(self.metrics),
            "intervals": rounded(self.intervals),
            "questions": [rounded(asdict(row)) for row in self.questions],
        }


def evaluate(
    assistant: Assistant,
    questions: Sequence[TestQuestion],
    settings: Mapping[str, object],
    commit: str,
    progress: Progress | None = None,
) -> EvalResult:
    """Ask all questions one after another and score the answers.

    `settings` and `commit` are kept as given. `progress` gets how many questions are done and how
    many there are, after each one. Errors of the assistant are passed on.
    """
    reports = {report.name: report for report in assistant.reports}
    locator = EvidenceLocator(assistant.reports)
    rows: list[QuestionResult] = []
    for done, question in enumerate(questions, start=1):
        answer = assistant.ask(question.question, question.history)
        rows.append(_row(question, answer, locator, reports))
        if progress is not None:
            progress(done, len(questions))
    return EvalResult(settings, commit, _by_group(rows, _means), tuple(rows), intervals_of(rows))


def intervals_of(rows: Sequence[QuestionResult]) -> dict[str, Intervals]:
    """The 95 % intervals over all questions and by type, in the order of the metrics."""
    return _by_group(rows, _group_intervals)


def read_result(path: Path) -> EvalResult:
    """A result that was written as JSON. Raises `QuestionsUnreadable` where it is none."""
    value = parse_json(read_text(path), path.name)
    try:
        return _result_from_json(value)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise QuestionsUnreadable(
            f"{path.name} is not a result of an evaluation ({type(error).__name__}: {error}). "
            "Write one with: askreport eval --json FILE"
        ) from error


def _row(
    question: TestQuestion,
    answer: Answer,
    locator: EvidenceLocator,
    reports: Mapping[str, Report],
) -> QuestionResult:
    first = answer.passages[:CUTOFF]
    ranked = [locator.place(passage.report, passage.start, passage.end) for passage in first]
    cited = [locator.place(one.report, one.start, one.end) for one in answer.citations]
    quotes = [locator.occurrences(quote) for quote in question.evidence]
    found = [find_quote(occurrences, ranked) for occurrences in quotes]
    unmet = unmet_keys(answer.answer, question.answer_keys)
    correct = not answer.refused and not unmet if question.evidence else answer.refused
    scores = dict.fromkeys(BETTER, None) | _scores(answer, correct, quotes, cited, found)
    scores["citations_invalid"] = invalid_citations(answer.citations, reports)
    if answer.mode == "write":
        scores["unsupported"] = len(answer.unsupported)
    return QuestionResult(
        id=question.id,
        type=question.type,
        question=question.question,
        query=answer.query,
        answer=answer.answer,
        expected=question.answer,
        refused=answer.refused,
        confidence=answer.confidence,
        correct=correct,
        found=tuple(None if one is None else one.rank for one in found),
        places=tuple(
            {
                "report": passage.report,
                "chapter": passage.chapter,
                "page": passage.page,
                "start": passage.start,
                "end": passage.end,
                "score": passage.score,
            }
            for passage in first[:PLACES_KEPT]
        ),
        citations=tuple(asdict(citation) for citation in answer.citations),
        latency_ms=answer.timings.total,
        scores=scores,
        why=_why(quotes, found, answer, unmet, scores["citation_recall"]),
        evidence=question.evidence,
    )


def _scores(
    answer: Answer,
    correct: bool,
    quotes: Sequence[Sequence[Place]],
    cited: Sequence[Place],
    found: Sequence[Found | None],
) -> dict[str, float | None]:
    """The scores that apply; those that depend on answering, only where an answer was given."""
    scores: dict[str, float | None] = {}
    if not answer.refused:
        scores["sentences"] = len(answer.citations)
    if not quotes:
        return scores | {"refused_right": float(answer.refused)}
    if not answer.refused:
        scores["citation_precision"] = citation_precision(cited, quotes)
    return {
        **scores,
        **retrieval_scores(found),
        "accuracy": float(correct),
        "citation_recall": 0.0 if answer.refused else citation_recall(cited, quotes),
        "refused_wrong": float(answer.refused),
    }


def _why(
    quotes: Sequence[Sequence[Place]],
    found: Sequence[Found | None],
    answer: Answer,
    unmet: Sequence[Sequence[str]],
    recall: float | None,
) -> str:
    """What is amiss, in the order in which a question passes through; empty if nothing is."""
    if not quotes:
        return "" if answer.refused else "answered although the report is silent"
    causes = [*_retrieval_causes(quotes, found)]
    if answer.refused:
        causes.append("refused although the report answers")
    else:
        if recall == 0 and any(found):
            causes.append("evidence retrieved but not quoted")
        if unmet:
            causes.append(f"key lists not met: {[list(strings) for strings in unmet]}")
    return "; ".join(causes)


def _retrieval_causes(
    quotes: Sequence[Sequence[Place]], found: Sequence[Found | None]
) -> Iterable[str]:
    unknown = sum(not occurrences for occurrences in quotes)
    missing = found.count(None) - unknown
    latest = max((one.rank for one in found if one), default=0)
    if unknown:
        yield f"evidence not in any report{_of(unknown, len(found))}"
    if missing:
        yield f"evidence not in the first {CUTOFF} passages{_of(missing, len(found))}"
    if latest > NEAR:
        yield f"evidence at rank {latest}"


def _of(part: int, whole: int) -> str:
    return f" ({part} of {whole} quotes)" if whole > 1 else ""


def _by_group(
    rows: Sequence[QuestionResult], figures: Callable[[Sequence[QuestionResult]], T]
) -> dict[str, T]:
    """`figures` of all rows and of those of each type."""
    types = sorted({row.type for row in rows})
    groups = {kind: [row for row in rows if row.type == kind] for kind in types}
    return {ALL_TYPES: figures(rows), **{kind: figures(group) for kind, group in groups.items()}}


def _means(rows: Sequence[QuestionResult]) -> dict[str, float | None]:
    """Metrics of a group of questions: its size, means of the scores, one sum, two percentiles."""
    latencies = [row.latency_ms for row in rows]
    return {
        "questions": len(rows),
        "answerable": sum(bool(row.found) for row in rows),
        **{name: mean(row.scores[name] for row in rows) for name in BETTER},
        "citations_invalid": sum(row.scores["citations_invalid"] or 0 for row in rows),
        "latency_p50_ms": percentile(latencies, 50),
        "latency_p95_ms": percentile(latencies, 95),
    }


def _group_intervals(rows: Sequence[QuestionResult]) -> dict[str, Interval | None]:
    """Of everything in `_means` but the sizes, in the same order."""
    latencies = [row.latency_ms for row in rows]
    return {
        **{name: mean_interval([row.scores[name] for row in rows]) for name in BETTER},
        "citations_invalid": sum_interval([row.scores["citations_invalid"] or 0 for row in rows]),
        "latency_p50_ms": percentile_interval(latencies, 50),
        "latency_p95_ms": percentile_interval(latencies, 95),
    }


def _result_from_json(value: Any) -> EvalResult:
    rows = []
    for row in value["questions"]:
        row = {"evidence": (), **row}
        fields = {name: row[name] for name in QuestionResult.__dataclass_fields__}
        fields["scores"] = {name: _number_or_null(row["scores"].get(name)) for name in BETTER}
        fields["latency_ms"] = float(row["latency_ms"])
        for name in ("found", "places", "citations", "evidence"):
            fields[name] = tuple(row[name])
        rows.append(QuestionResult(**fields))
    metrics = {
        group: {name: _number_or_null(number) for name, number in scores.items()}
        for group, scores in dict(value["metrics"]).items()
    }
    if ALL_TYPES not in metrics:
        raise KeyError(ALL_TYPES)
    settings, commit = dict(value["settings"]), str(value["commit"])
    stored = value.get("intervals")
    intervals = intervals_of(rows) if stored is None else _intervals_from_json(stored)
    return EvalResult(settings, commit, metrics, tuple(rows), intervals)


def _intervals_from_json(value: Any) -> dict[str, Intervals]:
    return {
        group: {
            name: None if pair is None else (float(pair[0]), float(pair[1]))
            for name, pair in dict(intervals).items()
        }
        for group, intervals in dict(value).items()
    }


def _number_or_null(value: Any) -> float | None:
    if value is None or isinstance(value, int | float):
        return value
    raise TypeError(f"got {value!r}, expected a number or null")
