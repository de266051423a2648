"""The reports beside the chat: as HTML, leaf by leaf, and searched.

A short report is on the page as a whole. Of a long one the page has the first leaves and the places
of the others; the browser asks for a leaf when its place comes near the view. So it asks for words
and for a paragraph by its key, too: it may not have them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from askreport.schema import Report
from askreport.web.leaves import Document, document
from askreport.web.markup import clean, render, text_language
from askreport.web.strings import Strings

EAGER_CHARS: Final = 60_000  # of all reports together: what the page has from the beginning
MOST_FOUND: Final = 5000
FIND_CHARS: Final = 100
_CHAPTERS_SHOWN: Final = 12

Wanted = Mapping[str, Any]


class Shelf:
    """The reports that `reports` gives, which may be others after the index was rebuilt.

    What comes from a browser (`wanted`) is checked by type; the answer to anything that does not
    fit the reports of this moment is `None`.
    """

    def __init__(self, reports: Callable[[], Sequence[Report]]) -> None:
        self._reports = reports
        self._documents: list[Document] = []

    @property
    def digests(self) -> list[str]:
        """Names of the files of which the reports were made, in their order."""
        return [one.digest for one in self._shown()]

    def html(self) -> str:
        """All reports, one below the other. No interface words."""
        return render_documents(self._shown())

    def leaf(self, wanted: Wanted) -> str | None:
        """HTML of the leaf `{"report", "digest", "leaf"}`, both by number."""
        found = self._document(wanted)
        number = _whole(wanted, "leaf")
        if found is None or not 0 <= number < len(found.leaves):
            return None
        return render("leaf.html", leaf=found.leaves[number], number=wanted["report"])

    def leaf_of(self, wanted: Wanted) -> list[int] | None:
        """Numbers of report and leaf of the block `{"report", "key"}`, in any report if need be."""
        if not isinstance(wanted, Mapping) or not isinstance(wanted.get("key"), str):
            return None
        shown = self._shown()
        numbers = sorted(range(len(shown)), key=lambda number: number != _whole(wanted, "report"))
        for number in numbers:
            leaf = shown[number].leaf_of_key.get(wanted["key"])
            if leaf is not None:
                return [number, leaf]
        return None

    def find(self, wanted: Wanted) -> list[list[int]] | None:
        """Places `[report, start, end]` of words in `{"digests", "text"}`, at most `MOST_FOUND`.

        Case and the kind of white space do not matter; words are found within a block.
        """
        shown = self._shown()
        digests = [one.digest for one in shown]
        if not isinstance(wanted, Mapping) or wanted.get("digests") != digests:
            return None
        text = wanted.get("text")
        if not isinstance(text, str) or not text.strip() or len(text) > FIND_CHARS:
            return []
        pattern = re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)
        places: list[list[int]] = []
        for number, one in enumerate(shown):
            found = (match.span() for match in pattern.finditer(one.report.text))
            inside = (span for span in found if one.holds(*span))
            places += [[number, *span] for span in islice(inside, MOST_FOUND - len(places))]
        return places

    def _document(self, wanted: Wanted) -> Document | None:
        number, shown = _whole(wanted, "report"), self._shown()
        if not 0 <= number < len(shown) or shown[number].digest != wanted.get("digest"):
            return None
        return shown[number]

    def _shown(self) -> list[Document]:
        """The reports of this moment; each is cut once."""
        known, reports = self._documents, self._reports()
        shown = [
            next((one for one in known if one.report is report), None) or document(report)
            for report in reports
        ]
        self._documents = shown
        return shown


def render_report(reports: Sequence[Report]) -> str:
    """What `Shelf.html` gives, for these reports."""
    return render_documents([document(report) for report in reports])


def render_documents(shelf: Sequence[Document]) -> str:
    """Documents as HTML: leaves up to `EAGER_CHARS` whole, of the others the place."""
    room = EAGER_CHARS
    eager: list[int] = []
    for one in shelf:
        count = 0
        while count < len(one.leaves) and room > 0:
            room -= one.leaves[count].end - one.leaves[count].start
            count += 1
        eager.append(count)
    return render("report.html", shelf=list(zip(shelf, eager, strict=True)))


def render_outline(reports: Sequence[Report], strings: Strings) -> str:
    """The bar above the report: contents by chapter, search, and the way back to the chat."""
    shelf = [
        {
            "title": clean(report.title),
            "language": text_language(report.text),
            "chapters": [clean(chapter.title) for chapter in report.chapters],
        }
        for report in reports
    ]
    return render("outline.html", shelf=shelf, strings=strings)


def introduction(report: Report, strings: Strings) -> dict[str, object]:
    """What can be asked about: a report's title, size and first chapters."""
    return {
        "title": clean(report.title),
        "language": text_language(report.text),
        "size": _size(report, strings),
        "chapters": [clean(chapter.title) for chapter in report.chapters[:_CHAPTERS_SHOWN]],
    }


def _size(report: Report, strings: Strings) -> str:
    counts = (
        (strings.size_chapters, len(report.chapters)),
        (strings.size_pages, len(report.page_starts)),
        (strings.size_characters, len(report.text)),
    )
    return " · ".join(words.format(count=f"{count:,}") for words, count in counts if count)


def _whole(wanted: object, name: str) -> int:
    """The whole number at `name`; -1 for anything else."""
    value = wanted.get(name) if isinstance(wanted, Mapping) else None
    return value if type(value) is int else -1
