"""Where the questions of readers led, in counts: for the map of the report in the evaluation view.

Of an answer only the paragraphs that it cites are counted, in the memory of this process. No words
of a question, no reader and no time are kept, and nothing is written anywhere.
"""

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

from askreport.schema import Answer, Report


class Visits:
    """Counts of the paragraphs of `reports()`, which may be others after the index was rebuilt;
    counting begins anew then."""

    def __init__(self, reports: Callable[[], Sequence[Report]]) -> None:
        self._reports = reports
        self._guard = threading.Lock()
        self._counted_in: Sequence[Report] = ()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._answers = 0

    def note(self, answer: Answer) -> None:
        """Count the paragraphs that an answer cites, each once."""
        with self._guard:
            reports = self._current()
            by_name = {report.name: report for report in reports}
            paragraphs = {
                (cited.report, start)
                for cited in answer.citations
                if (report := by_name.get(cited.report)) is not None
                for start in _paragraphs(report, cited.start, cited.end)
            }
            if paragraphs:
                self._counts.update(paragraphs)
                self._answers += 1

    def counted(self) -> tuple[dict[tuple[str, int], int], int]:
        """How many answers cited each paragraph (report name, start), and how many there were."""
        with self._guard:
            self._current()
            return dict(self._counts), self._answers

    def _current(self) -> Sequence[Report]:
        reports = self._reports()
        if [one.source_digest for one in reports] != [
            one.source_digest for one in self._counted_in
        ]:
            self._counts.clear()
            self._answers = 0
        self._counted_in = reports
        return reports


def _paragraphs(report: Report, start: int, end: int) -> list[int]:
    """Starts of the paragraphs that share a character with a slice."""
    first = bisect_right(report.paragraphs, start, key=lambda paragraph: paragraph.end)
    last = bisect_right(report.paragraphs, end - 1, key=lambda paragraph: paragraph.start)
    return [paragraph.start for paragraph in report.paragraphs[first:last]]
