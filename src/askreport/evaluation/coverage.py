"""Which paragraphs of the reports some test question or answer reached, and which none ever did.

Headings are left out: nothing but headings is asked of them. A paragraph is *tested* if evidence of
a test question stands in it, whole or in part, *cited* if an answer cited it, and *reached* if it
is either.
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


class Asked(Protocol):
    """A test question, or a row of a result."""

    @property
    def evidence(self) -> tuple[str, ...]: ...


class Answered(Protocol):
    """An answer, or a row of a result."""

    @property
    def citations(self) -> Sequence[Citation | Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class ParagraphCoverage:
    """One paragraph: how many test questions have evidence in it, how many answers cited it."""

    report: str
    chapter: str | None
    start: int
    end: int
    text: str
    questions: int
    answers: int

    @property
    def reached(self) -> bool:
        """Whether anybody ever came here."""
        return self.questions > 0 or self.answers > 0


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
    def reached(self) -> float:
        """Share of the paragraphs that are tested or cited."""
        return sum(one.reached for one in self.paragraphs) / len(self.paragraphs)


def coverage(
    reports: Sequence[Report], questions: Iterable[Asked], asked: Iterable[Answered] = ()
) -> tuple[ChapterCoverage, ...]:
    """Chapters with their paragraphs, in reading order; chapters without a paragraph are left out.

    `asked` are answers, to test questions or to real ones; rows of a result serve as both. A quote
    or a citation reaches every paragraph with which it shares a character that is not white space.
    """
    locator = EvidenceLocator(reports)
    quotes = [
        [place for quote in question.evidence for place in locator.occurrences(quote)]
        for question in questions
    ]
    citations = [[_place(one, locator) for one in answer.citations] for answer in asked]
    chapters: list[ChapterCoverage] = []
    for report in reports:
        spans = list(_paragraphs(report))
        places = [locator.place(report.name, span.start, span.end) for span in spans]
        tested, cited = _hits(places, quotes), _hits(places, citations)
        paragraphs = [_paragraph(report, span, tested[n], cited[n]) for n, span in enumerate(spans)]
        chapters += [
            ChapterCoverage(report.name, label, tuple(group))
            for label, group in groupby(paragraphs, key=lambda one: one.chapter)
        ]
    return tuple(chapters)


def coverage_map(chapters: Sequence[ChapterCoverage], wording: Wording = ENGLISH) -> str:
    """A strip of cells for each chapter, one cell a paragraph, as `<svg>`.

    A cell is full where tested, pale where only cited, hollow where never reached. It holds the
    beginning of its paragraph as `<title>`, and `data-report` and `data-start` to go there.
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
            left = LABEL_WIDTH + column * (CELL + GAP)
            parts.append(_cell(paragraph, left, top + row * (CELL + GAP), wording))
        rows = -(-len(chapter.paragraphs) // columns)
        top += rows * (CELL + GAP) + GAP
    return picture(WIDTH, top, wording.figures["coverage"], parts)


def _paragraphs(report: Report) -> Iterator[Span]:
    headings = {heading.start for heading in report.headings}
    return (span for span in report.paragraphs if span.start not in headings)


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


def _paragraph(report: Report, span: Span, questions: int, answers: int) -> ParagraphCoverage:
    chapter = report.chapter_at(span.start)
    return ParagraphCoverage(
        report=report.name,
        chapter=chapter.label if chapter else None,
        start=span.start,
        end=span.end,
        text=report.text[span.start : span.end],
        questions=questions,
        answers=answers,
    )


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
        text=shortened(" ".join(paragraph.text.split()), SHOWN_COLUMNS),
    )
    cell.append(element("title", title))
    return cell
