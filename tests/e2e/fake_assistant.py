"""An assistant for the page's tests: it quotes the sentences that hold the question's words.

A fake, not a mock: it answers any question about any report, so the page runs as it does with the
real one. `@slow` in a question makes it take its time, `@steps` write in steps, `@fail` and `@crash` make it fail.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from askreport.errors import ModelUnavailable
from askreport.schema import Answer, Citation, Report, Span, Turn

REFUSAL = "The report does not say."
STEPS = ("第一句", "第一句写完了。第二", "第一句写完了。第二句也写完了。第三句没有句号")
FAILURE = "The chat model cannot be reached. Take the quoting answers: answering.model = none"


@dataclass(frozen=True)
class FakeAssistant:
    """Quotes up to three sentences that hold the question; `answers` go before, by question."""

    reports: tuple[Report, ...]
    answers: dict[str, Answer] = field(default_factory=dict)

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """A shorter answer on the way, then the whole one."""
        if "@fail" in question:
            raise ModelUnavailable(FAILURE)
        if "@crash" in question:
            raise RuntimeError("a defect")
        if "@slow" in question:
            time.sleep(20)
        if "@steps" in question:
            yield from self._in_steps(question)
            return
        if question in self.answers:
            yield self.answers[question]
            return
        citations = tuple(self._citations(question))
        if not citations:
            yield Answer(question, REFUSAL, True, 0.1, "quote")
            return
        lines = [f"{citation.quote}[{citation.number}]" for citation in citations]
        yield Answer(question, lines[0], False, 0.9, "quote", citations[:1], query=question)
        query = f"{history[-1].question} {question}" if history else question
        yield Answer(question, "\n".join(lines), False, 0.9, "quote", citations, query=query)

    def _in_steps(self, question: str) -> Iterator[Answer]:
        """As a chat model writes: a few words at a time, the citations with their sentences."""
        for step in STEPS:
            yield Answer(question, step, False, 0.9, "write")
            time.sleep(0.4)
        yield Answer(question, STEPS[-1], False, 0.9, "write")

    def _citations(self, question: str) -> Iterator[Citation]:
        spans = [
            (report, sentence)
            for report in self.reports
            for sentence in report.sentences
            if question in report.text[sentence.start : sentence.end]
        ]
        for number, (report, sentence) in enumerate(spans[:3], start=1):
            yield cite(report, sentence, number)


def cite(report: Report, span: Span, number: int) -> Citation:
    """A citation of a slice of a report."""
    chapter = report.chapter_at(span.start)
    return Citation(
        number=number,
        quote=report.text[span.start : span.end],
        start=span.start,
        end=span.end,
        chapter=chapter.label if chapter else None,
        page=report.page_at(span.start),
        report=report.name,
    )
