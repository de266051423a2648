"""Rows and results of evaluations that never ran."""

from typing import Any

from askreport.evaluation.metrics import BETTER
from askreport.evaluation.runs import EvalResult, QuestionResult, intervals_of
from askreport.schema import Chapter, Heading, Report, Span


def row(
    name: str, kind: str = "fact", *, found: tuple[int | None, ...] = (), **more: Any
) -> QuestionResult:
    fields: dict[str, Any] = {
        "question": f"问{name}",
        "query": f"问{name}",
        "answer": "答[1]",
        "expected": "答" if found else None,
        "refused": False,
        "confidence": 0.5,
        "correct": True,
        "places": (),
        "citations": (),
        "latency_ms": 10.0,
        "scores": {},
        "why": "",
    } | more
    fields["scores"] = dict.fromkeys(BETTER, None) | fields["scores"]
    return QuestionResult(id=name, type=kind, found=found, **fields)


def result(*rows: QuestionResult, **metrics: float) -> EvalResult:
    scores = dict.fromkeys(BETTER, None) | {"questions": len(rows), **metrics}
    groups = {"all": scores} | {row.type: scores for row in rows}
    return EvalResult({"answer": {"sentences": 3}}, "abc", groups, rows, intervals_of(rows))


def report(text: str, *, chapters: tuple[str, ...] = (), name: str = "r") -> Report:
    """A report of one paragraph a line; a line that is in `chapters` is the heading of one."""
    spans, start = [], 0
    for line in text.split("\n"):
        if line:
            spans.append(Span(start, start + len(line)))
        start += len(line) + 1
    heads = [span for span in spans if text[span.start : span.end] in chapters]
    ends = [span.start for span in heads[1:]] + [len(text)]
    titles = [text[span.start : span.end] for span in heads]
    return Report(
        name,
        text,
        "",
        tuple(spans),
        (),
        tuple(Heading(t, 1, s.start, s.end) for t, s in zip(titles, heads, strict=True)),
        tuple(Chapter(t, t, s.start, e) for t, s, e in zip(titles, heads, ends, strict=False)),
        (),
        "",
    )
