"""Which paragraphs of the reports some test question or real one reached, and which none ever did.

Headings are left out: nothing but headings is asked of them. A paragraph is *tested* if evidence of
a test question stands in it, whole or in part, *cited* if the answer to a test question cited it,
*real* if a question of a reader came there, and *reached* if it is any of these. What is known of
real questions: those that readers rated, with their evidence, and of those that a running page
answered how many came to a paragraph (`Visits`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from askreport.evaluation.evidence import EvidenceLocator, Place
from askreport.evaluation.svg import element, picture, shortened
from askreport.evaluation.wording import ENGLISH, Wording
from askreport.schema import Citation, Report, Span

CELL = 14.0  # one paragraph of the map, in its own units
GAP = 3.0
WIDTH = 640.0
LABEL_WIDTH = 110.0
LABEL_COLUMNS = 16
SHOWN_COLUMNS = 80  # of a paragraph, where the map is pointed at
COLOUR = "#2a9d8f"
CITED_OPACITY = 0.35
HOLLOW_OPACITY = 0.4
DOT = 2.5  # radius of the mark of a real question

# Paragraph, as report name and start -> how many questions of readers were answered from it.
Visits = Mapping[tuple[str, int], int]


class Asked(Protocol):
    """A test question, or a row of a result."""

    @property
    def question(self) -> str: ...

    @property
    def evidence(self) -> tuple[str, ...]: ...


class Answered(Protocol):
    """An answer, or a row of a result."""

    @property
    def citations(self) -> Sequence[Citation | Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class ParagraphCoverage:
    """One paragraph: how many test questions and how many rated ones have evidence in it, how many
    answers to test questions cited it, and how many questions were asked on the page."""

    report: str
    chapter: str | None
    start: int
    end: int
    text: str
    questions: int
    answers: int
    rated: int
    asked: int

    @property
    def real(self) -> bool:
        """Whether a question of a reader came here."""
        return self.rated > 0 or self.asked > 0

    @property
    def reached(self) -> bool:
        """Whether anybody ever came here."""
        return self.questions > 0 or self.answers > 0 or self.real


@dataclass(frozen=True, slots=True)
class ChapterCoverage:
    """Paragraphs of a chapter in reading order; `chapter` is `None` before the first one."""

    report: str
    chapter: str | None
    paragraphs: tuple[ParagraphCoverage, ...]

    @property
    def tested(self) -> float:
        """Share of the paragraphs in which evidence of a test question stands."""
        return sum(one.questions > 0 for one in self.paragraphs) / len(self.paragraphs)

    @property
    def cited(self) -> float:
        """Share of the paragraphs that an answer cited."""
        return sum(one.answers > 0 for one in self.paragraphs) / len(self.paragraphs)

    @property
    def real(self) -> float:
        """Share of the paragraphs to which a question of a reader came."""
        return sum(one.real for one in self.paragraphs) / len(self.paragraphs)

    @property
    def reached(self) -> float:
        """Share of the paragraphs that are tested, cited or real."""
        return sum(one.reached for one in self.paragraphs) / len(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Chapters in reading order, and what was counted: test questions, rated ones that are none of
    these, and questions answered on a running page; `None` where there is no page to ask."""

    chapters: tuple[ChapterCoverage, ...]
    tests: int
    rated: int
    asked: int | None


def coverage(
    reports: Sequence[Report],
    questions: Sequence[Asked],
    answers: Iterable[Answered] = (),
    rated: Iterable[Asked] = (),
    visits: Visits | None = None,
    asked: int | None = None,
) -> Coverage:
    """Chapters with their paragraphs; chapters without a paragraph are left out.

    Rows of a result serve as `questions` and as `answers`. A quote or a citation reaches every
    paragraph with which it shares a character that is not white space. A `rated` question that is
    a test question as well counts as this alone. `asked` questions made the `visits`.
    """
    locator = EvidenceLocator(reports)
    tests = {question.question for question in questions}
    real = [one for one in rated if one.question not in tests]
    quotes = [_evidence(question, locator) for question in questions]
    rated_quotes = [_evidence(question, locator) for question in real]
    citations = [[_place(one, locator) for one in answer.citations] for answer in answers]
    chapters: list[ChapterCoverage] = []
    for report in reports:
        spans = list(_paragraphs(report))
        places = [locator.place(report.name, span.start, span.end) for span in spans]
        tested, cited = _hits(places, quotes), _hits(places, citations)
        came = _hits(places, rated_quotes)
        paragraphs = [
            _paragraph(report, span, tested[n], cited[n], came[n], visits or {})
            for n, span in enumerate(spans)
        ]
        chapters += [
            ChapterCoverage(report.name, label, tuple(group))
            for label, group in groupby(paragraphs, key=lambda one: one.chapter)
        ]
    return Coverage(tuple(chapters), len(questions), len(real), asked)


def coverage_map(chapters: Sequence[ChapterCoverage], wording: Wording = ENGLISH) -> str:
    """A strip of cells for each chapter, one cell a paragraph, as `<svg>`.

    A cell is full where tested, pale where only cited, hollow where neither, and has a dot where a
    question of a reader came. It holds the beginning of its paragraph as `<title>`, and
    `data-report` and `data-start` to go there.
    """
    columns = int((WIDTH - LABEL_WIDTH) // (CELL + GAP))
    parts: list[Element] = []
    top = 0.0
    for chapter in chapters:
        label = shortened(chapter.chapter or wording.labels["no_chapter"], LABEL_COLUMNS)
        y = top + CELL - GAP
        parts.append(element("text", label, x=0, y=y, font_size=11, fill="currentColor"))
        for number, paragraph in enumerate(chapter.paragraphs):
            row, column = divmod(number, columns)
            left, y = LABEL_WIDTH + column * (CELL + GAP), top + row * (CELL + GAP)
            parts.append(_cell(paragraph, left, y, wording))
            if paragraph.real:
                parts.append(_dot(left + CELL / 2, y + CELL / 2))
        rows = -(-len(chapter.paragraphs) // columns)
        top += rows * (CELL + GAP) + GAP
    return picture(WIDTH, top, wording.figures["coverage"], parts)


def _paragraphs(report: Report) -> Iterator[Span]:
    headings = {heading.start for heading in report.headings}
    return (span for span in report.paragraphs if span.start not in headings)


def _evidence(question: Asked, locator: EvidenceLocator) -> list[Place]:
    return [place for quote in question.evidence for place in locator.occurrences(quote)]


def _hits(paragraphs: Sequence[Place], groups: Iterable[Iterable[Place]]) -> Counter[int]:
    """How many groups of places reach each paragraph of one report, by number."""
    ends = [paragraph.end for paragraph in paragraphs]
    hits: Counter[int] = Counter()
    for places in groups:
        reached = set()
        for place in places:
            number = bisect_right(ends, place.start)
            while number < len(paragraphs) and place.shared_with(paragraphs[number]):
                reached.add(number)
                number += 1
        hits.update(reached)
    return hits


def _place(citation: Citation | Mapping[str, Any], locator: EvidenceLocator) -> Place:
    fields = asdict(citation) if isinstance(citation, Citation) else citation
    return locator.place(fields["report"], fields["start"], fields["end"])


def _paragraph(
    report: Report, span: Span, questions: int, answers: int, rated: int, visits: Visits
) -> ParagraphCoverage:
    chapter = report.chapter_at(span.start)
    return ParagraphCoverage(
        report=report.name,
        chapter=chapter.label if chapter else None,
        start=span.start,
        end=span.end,
        text=report.text[span.start : span.end],
        questions=questions,
        answers=answers,
        rated=rated,
        asked=visits.get((report.name, span.start), 0),
    )


def _dot(x: float, y: float) -> Element:
    return element("circle", cx=x, cy=y, r=DOT, fill="currentColor", pointer_events="none")


def _cell(paragraph: ParagraphCoverage, left: float, top: float, wording: Wording) -> Element:
    opacity = 1.0 if paragraph.questions else CITED_OPACITY if paragraph.answers else 0.0
    cell = element(
        "rect",
        x=left + 0.5,
        y=top + 0.5,
        width=CELL - 1,
        height=CELL - 1,
        rx=2,
        fill=COLOUR,
        fill_opacity=opacity,
        stroke=COLOUR if paragraph.reached else "currentColor",
        stroke_opacity=1.0 if paragraph.reached else HOLLOW_OPACITY,
        data_report=paragraph.report,
        data_start=paragraph.start,
    )
    title = wording.labels["paragraph"].format(
        chapter=paragraph.chapter or wording.labels["no_chapter"],
        questions=paragraph.questions,
        answers=paragraph.answers,
        rated=paragraph.rated,
        asked=paragraph.asked,
        text=shortened(" ".join(paragraph.text.split()), SHOWN_COLUMNS),
    )
    cell.append(element("title", title))
    return cell
