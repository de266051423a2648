"""Where our retrievers stand among published models, on benchmarks for which a table is at hand.

A benchmark is recognised by its own content, whatever its file is called: by the numbers of
passages and questions and by a digest of both that ignores their order and white space.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rich.table import Table

from askreport.evaluation.benchmark import BenchmarkResult
from askreport.evaluation.svg import INK, Labels, drawing, shortened, to_svg
from askreport.evaluation.tables import Tables, number
from askreport.evaluation.wording import ENGLISH, Wording

MEASURE = "nDCG@10"
NEIGHBOURS = 5  # models shown above and below our best line
OURS = "#d0702b"
OTHERS = "#2a9d8f"
NAME_COLUMNS = 44
_ROW_INCHES = 0.2
_FILES = {
    (
        240,
        1190,
        "6bc271f808b582590da140ecf1dda11cb7858dff1ea83c522e3a9ece6ff88c09",
    ): "xquad_zh_published.csv",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One line: a published model, or one of our retrievers.

    `rank` counts the published models that do better, plus one; `r_at_1` is `None` where unknown.
    """

    rank: int
    name: str
    ndcg: float
    r_at_1: float | None
    is_ours: bool


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    ndcg: float
    r_at_1: float | None
    is_landmark: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """Our lines among neighbours and well-known models, best first; `models` were published."""

    source: str
    models: int
    lines: tuple[Standing, ...]


def standings(result: BenchmarkResult) -> Standings | None:
    """Our lines in the published table of this benchmark; `None` where we know of none."""
    name = _FILES.get((result.passages, result.questions, result.digest))
    if name is None:
        return None
    source, models = _read(name)
    ours = [
        (retriever, score, scores.get("R@1"))
        for retriever, scores in result.metrics.items()
        if (score := scores.get(MEASURE)) is not None
    ]
    if not ours:
        return None
    best = max(score for _, score, _ in ours)
    above = sum(model.ndcg > best for model in models)
    near = range(above - NEIGHBOURS, above + NEIGHBOURS)
    lines = [
        Standing(_rank(model.ndcg, models), model.name, model.ndcg, model.r_at_1, is_ours=False)
        for place, model in enumerate(models)
        if model.is_landmark or place in near
    ]
    lines += [
        Standing(_rank(score, models), f"askreport ({name})", score, r_at_1, is_ours=True)
        for name, score, r_at_1 in ours
    ]
    lines.sort(key=lambda line: (-line.ndcg, not line.is_ours, line.name))
    return Standings(source, len(models), tuple(lines))


def standings_tables(found: Standings) -> Tables:
    """The lines for a terminal, ours marked."""
    table = Table(
        title=f"Among {found.models} published models",
        caption=found.source,
        title_justify="left",
        caption_justify="left",
    )
    for name in ("rank", "model", MEASURE, "R@1"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for line in found.lines:
        style = "bold reverse" if line.is_ours else None
        cells = (f"{line.rank}", line.name, number(line.ndcg), number(line.r_at_1))
        table.add_row(*cells, style=style)
    return (table,)


def standings_svg(found: Standings, wording: Wording = ENGLISH) -> str:
    """The lines as bars, ours in another colour and with an arrow before the name."""
    labels = Labels()
    with drawing(6.4, 0.7 + len(found.lines) * _ROW_INCHES) as figure:
        axes = figure.add_subplot()
        for row, line in enumerate(found.lines):
            axes.barh(row, line.ndcg, height=0.7, color=OURS if line.is_ours else OTHERS)
            axes.annotate(
                f"{line.ndcg:.3f}",
                (line.ndcg, row),
                xytext=(3, 0),
                textcoords="offset points",
                verticalalignment="center",
            )
        names = [labels(shortened(_named(line), NAME_COLUMNS)) for line in found.lines]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, 1.1)
        axes.set_xlabel(labels(wording.axes["ndcg"]), color=INK)
        return to_svg(figure, "published", wording.figures["published"], labels)


def _named(line: Standing) -> str:
    return f"{'→ ' if line.is_ours else ''}{line.rank}. {line.name}"


def _rank(score: float, models: Sequence[_Model]) -> int:
    return 1 + sum(model.ndcg > score for model in models)


@cache
def _read(name: str) -> tuple[str, tuple[_Model, ...]]:
    """The source of a table, as its first lines tell it, and its models, best first."""
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    source = " ".join(line[1:].strip() for line in lines if line.startswith("#"))
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    models = [
        _Model(
            row["model"],
            float(row[MEASURE]),
            float(row["R@1"]) if row["R@1"] else None,
            row["landmark"] == "yes",
        )
        for row in rows
    ]
    return source, tuple(sorted(models, key=lambda model: -model.ndcg))
