"""Where evidence stands in the reports, and how soon a ranking of passages brings it.

White space is ignored: places are counted in solid characters, that is, in characters of a report
which are not white space. Nothing else is normalised, since evidence is copied from the report. A
quote that occurs several times is found as soon as one of its occurrences is.

A quote is found once the passages so far cover at least half of its characters together. Half,
because a quote may straddle two passages, and then one of them holds at least half; together,
because a reader who got several parts got the quote.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askreport.schema import Report


@dataclass(frozen=True, slots=True)
class Place:
    """A half-open stretch of one report, in solid characters."""

    report: str
    start: int
    end: int

    def shared_with(self, other: "Place") -> range:
        """Solid characters that lie in both places; empty for two reports."""
        if self.report != other.report:
            return range(0)
        return range(max(self.start, other.start), min(self.end, other.end))

    def matches(self, other: "Place") -> bool:
        """Whether the overlap is at least half of the shorter of the two."""
        shared = len(self.shared_with(other))
        return shared > 0 and 2 * shared >= min(self.end - self.start, other.end - other.start)


@dataclass(frozen=True, slots=True)
class Found:
    """A quote that a ranking brought. Ranks are 1-based.

    `rank` is the first at which the quote is found. `carriers` are the ranks up to there that carry
    it, ascending: those that cover most, until half of the quote is made up.
    """

    rank: int
    carriers: tuple[int, ...]


class EvidenceLocator:
    """Places in a fixed set of reports, whose names differ."""

    def __init__(self, reports: Iterable[Report]) -> None:
        self._solid: dict[str, tuple[str, list[int]]] = {}
        for report in reports:
            offsets = [i for i, character in enumerate(report.text) if not character.isspace()]
            self._solid[report.name] = ("".join(report.text.split()), offsets)

    def occurrences(self, quote: str) -> tuple[Place, ...]:
        """All places of a quote, in order of reports and offsets; none where no report holds it."""
        wanted = "".join(quote.split())
        places: list[Place] = []
        for name, (text, _) in self._solid.items():
            start = text.find(wanted) if wanted else -1
            while start >= 0:
                places.append(Place(name, start, start + len(wanted)))
                start = text.find(wanted, start + 1)
        return tuple(places)

    def place(self, report: str, start: int, end: int) -> Place:
        """The place of `report.text[start:end]`; an empty one where the report is unknown."""
        _, offsets = self._solid.get(report, ("", []))
        return Place(report, bisect_left(offsets, start), bisect_left(offsets, end))


def find_quote(occurrences: Sequence[Place], passages: Sequence[Place]) -> Found | None:
    """When the passages, best first, have brought a quote; `None` where they never do."""
    finds = [found for quote in occurrences if (found := _find_occurrence(quote, passages))]
    return min(finds, key=lambda found: found.rank, default=None)


def _find_occurrence(quote: Place, passages: Sequence[Place]) -> Found | None:
    needed = (quote.end - quote.start + 1) // 2
    shares: list[set[int]] = []
    covered: set[int] = set()
    for rank, passage in enumerate(passages, start=1):
        shares.append(set(quote.shared_with(passage)))
        covered |= shares[-1]
        if len(covered) >= needed:
            return Found(rank, _carriers(shares, needed))
    return None


def _carriers(shares: Sequence[set[int]], needed: int) -> tuple[int, ...]:
    """Ranks of passages that cover `needed` characters together, taken by what each one adds."""
    chosen: list[int] = []
    covered: set[int] = set()
    while len(covered) < needed:
        best = max(range(len(shares)), key=lambda index: len(shares[index] - covered))
        covered |= shares[best]
        chosen.append(best + 1)
    return tuple(sorted(chosen))
