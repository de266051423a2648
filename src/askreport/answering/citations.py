"""Citations: numbered quotes that are slices of a report, and the markers that point to them."""

import re
from collections.abc import Iterable

from askreport.schema import Citation, Report, Span

# Also what the page makes links of, and feedback leaves out.
MARKER = re.compile(r"\[(\d{1,3})\]")


def cite(number: int, report: Report, span: Span) -> Citation:
    """Citation `number` of the slice `span` of `report`."""
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


def check(citations: Iterable[Citation], reports: Iterable[Report]) -> None:
    """Assert that every quote is its slice; a wrong citation must never be shown."""
    texts = {report.name: report.text for report in reports}
    for citation in citations:
        assert texts[citation.report][citation.start : citation.end] == citation.quote, citation


def without_markers(text: str) -> str:
    """`text` with what looks like a marker defused, so that a quote can plant no source."""
    return MARKER.sub(lambda marker: f"［{marker[1]}］", text)
