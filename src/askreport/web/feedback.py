"""What readers say about answers, kept as test questions.

A thumb up: the answer's own quotes are the evidence. A thumb down says what is wrong and, unless a
refusal would have been right, where the right place is. Nothing about the reader is kept.

The strict format of test questions wants keys, which an answer must hold to count as right. They
are the quote's distinctive parts: its numbers and its Latin names, or, where it has none, its
longest clause. Any one of them meets the question, since a right answer may be shorter than the
quote. A person can make the keys sharper in the file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from askreport.answering.citations import MARKER
from askreport.errors import QuestionInvalid
from askreport.schema import Answer, Report, Span, TestQuestion, Turn
from askreport.web.markup import text_language
from askreport.web.question_file import QuestionFile

Verdict = Literal["good", "wrong_answer", "wrong_place", "should_refuse", "should_answer"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
TYPE: Final = "feedback"
COMMENT_CHARS: Final = 500
QUOTE_CHARS: Final = 1000
QUESTION_CHARS: Final = 4000
ANSWER_CHARS: Final = 4000
TURNS_KEPT: Final = 6
KEYS_KEPT: Final = 6

_MARKER: Final = re.compile(rf"(?<!\s)\s*{MARKER.pattern}")
# A number that says something by itself, or a name in Latin letters.
_DISTINCT: Final = re.compile(
    r"\d[\d,.]*\d%?|\d%|[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*\d[A-Za-z0-9]*"
    r"|[A-Z][A-Za-z0-9]+(?:[ -][A-Z][A-Za-z0-9]+)*"
)
_CLAUSE_END: Final = re.compile(r"[，。；：！？、,;:!?\n]+|\.\s")


class FeedbackInvalid(QuestionInvalid):
    """Feedback that cannot become a test question; `reason` is a key of the interface's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"This feedback cannot be kept ({reason}); tell it again from the page.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's verdict on an answer. `place` is the right place, `report` its report's number."""

    verdict: Verdict
    comment: str = ""
    report: int = 0
    place: Span | None = None


def keep(
    file: QuestionFile,
    feedback: Feedback,
    answer: Answer,
    history: Sequence[Turn],
    reports: Sequence[Report],
) -> TestQuestion:
    """Keep feedback on `answer` in `file`. Raises `FeedbackInvalid`, or what `file` raises."""
    return file.put(as_test_question(feedback, answer, history, reports))


def as_test_question(
    feedback: Feedback, answer: Answer, history: Sequence[Turn], reports: Sequence[Report]
) -> TestQuestion:
    """The test question that feedback makes; its id is empty. Raises `FeedbackInvalid`."""
    if len(answer.question) > QUESTION_CHARS:
        raise FeedbackInvalid("too_long")
    if feedback.verdict == "should_refuse" or (feedback.verdict == "good" and answer.refused):
        return _row(answer, history, (), None, None)
    if feedback.verdict == "good":
        # A conversation may come back from the reader's browser, so its quotes are checked again.
        texts = {report.name: report.text for report in reports}
        sound = [c for c in answer.citations if texts.get(c.report, "")[c.start : c.end] == c.quote]
        quotes = tuple(citation.quote for citation in sound)
        text = _MARKER.sub("", answer.answer).strip()[:ANSWER_CHARS]
        if not quotes or not text:
            raise FeedbackInvalid("no_sources")
        return _row(answer, history, quotes, text, sound[0].chapter)
    report, quote = _quote(feedback, reports)
    assert feedback.place is not None
    chapter = report.chapter_at(feedback.place.start)
    right = feedback.comment.strip()[:COMMENT_CHARS] or quote
    return _row(answer, history, (quote,), right, chapter.label if chapter else None)


def from_browser(value: object) -> tuple[int, str, Feedback]:
    """Exchange number, its question and the feedback, as the page sends them.

    Raises `FeedbackInvalid` for anything that the page would not send: anybody may call a server.
    """
    fields: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    exchange, question = fields.get("exchange"), fields.get("question")
    verdict, comment = fields.get("verdict"), fields.get("comment", "")
    if type(exchange) is not int or verdict not in VERDICTS:
        raise FeedbackInvalid("unknown")
    if not isinstance(question, str) or not isinstance(comment, str):
        raise FeedbackInvalid("unknown")
    if len(comment) > COMMENT_CHARS:
        raise FeedbackInvalid("too_long")
    numbers = fields.get("place")
    if numbers is None:
        return exchange, question, Feedback(verdict, _one_text(comment))
    if not isinstance(numbers, list) or [type(number) for number in numbers] != [int] * 3:
        raise FeedbackInvalid("unknown")
    report, start, end = numbers
    return exchange, question, Feedback(verdict, _one_text(comment), report, Span(start, end))


def distinctive_parts(quote: str) -> tuple[str, ...]:
    """Numbers and Latin names of a quote in order, at most six; its longest clause if none."""
    found = dict.fromkeys(match.group(0) for match in _DISTINCT.finditer(quote))
    if found:
        return tuple(found)[:KEYS_KEPT]
    return (max((clause.strip() for clause in _CLAUSE_END.split(quote)), key=len) or quote,)


def _quote(feedback: Feedback, reports: Sequence[Report]) -> tuple[Report, str]:
    """The slice of a report that a reader selected, without white space around it."""
    if feedback.place is None:
        raise FeedbackInvalid("no_place")
    if not 0 <= feedback.report < len(reports):
        raise FeedbackInvalid("no_place")
    report, start, end = reports[feedback.report], feedback.place.start, feedback.place.end
    if not 0 <= start < end <= len(report.text):
        raise FeedbackInvalid("no_place")
    if end - start > QUOTE_CHARS:
        raise FeedbackInvalid("too_long")
    quote = report.text[start:end].strip()
    if not any(character.isalnum() for character in quote):
        raise FeedbackInvalid("no_place")
    return report, quote


def _row(
    answer: Answer,
    history: Sequence[Turn],
    evidence: tuple[str, ...],
    right: str | None,
    section: str | None,
) -> TestQuestion:
    keys = dict.fromkeys(part for quote in evidence for part in distinctive_parts(quote))
    return TestQuestion(
        id="",
        question=_one_text(answer.question),
        lang=text_language(answer.question) or "und",
        type=TYPE,
        section=section,
        evidence=evidence,
        answer=right,
        answer_keys=(tuple(keys),) if keys else (),
        history=tuple(
            Turn(_one_text(turn.question)[:QUESTION_CHARS], _one_text(turn.answer)[:ANSWER_CHARS])
            for turn in history[-TURNS_KEPT:]
        ),
    )


def _one_text(text: str) -> str:
    """Text that a file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
