"""What an index holds: reports, and the places of passages and sentences in them, as plain values.

Places are rows of (report, start, end), int64 of shape (n, 3), in the order of the reports; the row
number is the position by which everything else speaks of a unit.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from askreport.schema import Chapter, Heading, Report, Span
from askreport.store.generations import FORMAT

Kind = Literal["passages", "sentences"]
Positions = NDArray[np.int64]

KINDS: tuple[Kind, ...] = ("passages", "sentences")


@dataclass(frozen=True, slots=True)
class Unit:
    """A passage or a sentence: position of its report in `Index.reports`, offsets into its text."""

    report: int
    start: int
    end: int


@dataclass(frozen=True)
class Recipe:
    """What an index is built with besides the reports. `dimension` is the length of a vector.

    `chroma` is the address of the Chroma server that holds the vectors; empty: our own files do.
    """

    model: str
    model_digest: str
    dimension: int
    passage_chars: int
    chroma: str = ""


def package_versions() -> dict[str, str]:
    """Versions that a store is bound to; another Chroma may convert it, or fail on it."""
    return {"chromadb": version("chromadb")}


def content_digest(
    reports: Sequence[Report], places: Mapping[Kind, Positions], recipe: Recipe
) -> str:
    """SHA-256 of all that an index is made from; the same input gives the same in every process."""
    settings = json.dumps([FORMAT, asdict(recipe), package_versions()])
    digest = hashlib.sha256(settings.encode("ascii"))
    digest.update(dump_reports(reports).encode("ascii"))
    for rows in places.values():
        digest.update(rows.tobytes())
    return digest.hexdigest()


def make_places(
    reports: Sequence[Report], passages: Sequence[Sequence[Span]]
) -> dict[Kind, Positions]:
    """Places of the units of each kind; `passages` holds those of each report."""
    return {
        "passages": _rows(passages),
        "sentences": _rows([report.sentences for report in reports]),
    }


def _rows(groups: Sequence[Sequence[Span]]) -> Positions:
    rows = [(report, span.start, span.end) for report, spans in enumerate(groups) for span in spans]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def make_units(places: Positions) -> tuple[Unit, ...]:
    """The rows as `Unit`s."""
    return tuple(Unit(report, start, end) for report, start, end in places.tolist())


def texts_of(reports: Sequence[Report], places: Positions) -> list[str]:
    """Texts of the units, fit for UTF-8: a lone surrogate becomes a question mark."""
    return [_storable(reports[report].text[start:end]) for report, start, end in places.tolist()]


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def passages_of_sentences(sentences: Positions, passages: Positions) -> Positions:
    """Position of the passage that holds the start of each sentence, shape (sentences,).

    Where no passage holds it, the one that begins last before it; there must be a passage.
    """
    order = np.lexsort((passages[:, 1], passages[:, 0]))
    width = 1 + max(int(sentences.max(initial=0)), int(passages.max()))  # beyond every offset
    starts = passages[order, 0] * width + passages[order, 1]
    wanted = sentences[:, 0] * width + sentences[:, 1]
    before = np.searchsorted(starts, wanted, side="right") - 1
    return np.asarray(order[np.maximum(before, 0)], dtype=np.int64)


def metadata(reports: Sequence[Report], places: Positions) -> list[dict[str, str | int]]:
    """Report, place, chapter and page of each unit, for whoever else reads the store."""
    return [_metadata_of(reports[report], start, end) for report, start, end in places.tolist()]


def _metadata_of(report: Report, start: int, end: int) -> dict[str, str | int]:
    values: dict[str, str | int] = {"report": _storable(report.name), "start": start, "end": end}
    if chapter := report.chapter_at(start):
        values["chapter"] = _storable(chapter.label)
    if (page := report.page_at(start)) is not None:
        values["page"] = page
    return values


def dump_reports(reports: Sequence[Report]) -> str:
    """The reports as ASCII JSON; `load_reports` gives them back equal, lone surrogates included."""
    return json.dumps(list(reports), default=_values)


def _values(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in fields(value)]


def load_reports(path: Path) -> tuple[Report, ...]:
    """Read what `dump_reports` gave."""
    return tuple(_load_report(*row) for row in json.loads(path.read_bytes()))


def _load_report(
    name: str,
    text: str,
    title: str,
    paragraphs: list[list[int]],
    sentences: list[list[int]],
    headings: list[list[Any]],
    chapters: list[list[Any]],
    page_starts: list[int],
    source_digest: str,
) -> Report:
    return Report(
        name=name,
        text=text,
        title=title,
        paragraphs=tuple(Span(*row) for row in paragraphs),
        sentences=tuple(Span(*row) for row in sentences),
        headings=tuple(Heading(*row) for row in headings),
        chapters=tuple(Chapter(*row) for row in chapters),
        page_starts=tuple(page_starts),
        source_digest=source_digest,
    )
