"""Try every row at large and write docs/reliability.md: python -m tests.torture [ROW ...].

With --share 0.1 every row gets a tenth of its count, and no less than `pytest` gives it; the page that
is written says how often each was tried. Rows may be named, `R1 S4`; then nothing is written but with --write.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.torture.everything import ROWS
from tests.torture.rows import CannotRun, Row, Tally
from tests.torture.shared import ROOT

REPORT = ROOT / "docs" / "reliability.md"
PACKAGES = ("chromadb", "gradio", "langchain-core", "sentence-transformers", "torch", "uvicorn")
SHOWN_FAILURES = 10


@dataclass(frozen=True)
class Result:
    """A row after it was tried; `reason` says why it could not be."""

    row: Row
    tally: Tally
    seconds: float
    reason: str = ""


def try_row(row: Row, count: int, progress: Progress) -> Result:
    """Try a row `count` times in a folder of its own."""
    task = progress.add_task(row.name, total=count)
    tally = Tally(advance=lambda step: progress.advance(task, step))
    started, reason = time.monotonic(), ""
    with tempfile.TemporaryDirectory(prefix="askreport-torture-") as folder:
        try:
            row.run(count, tally, Path(folder))
        except CannotRun as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  one row must not take the others with it
            tally.failures.append(f"the row ended early: {type(error).__name__}: {error}")
    progress.update(task, completed=tally.tried, total=max(tally.tried, 1))
    return Result(row, tally, time.monotonic() - started, reason)


def page(results: list[Result], commit: str, share: float, minutes: float) -> str:
    """docs/reliability.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    counts = "whole counts"
    if share < 1:
        counts = (
            f"**not the whole counts**, but the larger of a small one and {share:g} of the whole"
        )
    lines = [
        "# Reliability",
        "",
        "What `make torture` tried and how often it failed. The functions are in `tests/torture/`;"
        " `make test` runs each with a small count.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {counts}, {minutes:.0f} minutes on"
        f" {os.cpu_count()} cores, load {os.getloadavg()[2]:.1f}. Python {platform.python_version()}, {versions}.",
        "",
        "| row | what | bar | tried | failed | measured |",
        "|---|---|---|---:|---:|---|",
        *(_line(result) for result in results),
        "",
        "0 failures in N tries bound the rate of failures by 3/N (95 %).",
    ]
    lines += _section("Failures", [_failures(result) for result in results])
    unable = [f"- {each.row.name}: {each.reason}" for each in results if each.reason]
    lines += _section("Rows that could not run", unable)
    return "\n".join(lines) + "\n"


def _line(result: Result) -> str:
    row, tally = result.row, result.tally
    figures = "; ".join(f"{name}: {value}" for name, value in tally.figures.items())
    cells = [row.number, row.name.partition(" ")[2], row.bar]
    cells += ["not run", "", ""] if result.reason else [str(tally.tried), str(len(tally.failures))]
    cells += [] if result.reason else [figures]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _failures(result: Result) -> str:
    shown = result.tally.failures[:SHOWN_FAILURES]
    lines = [f"- {result.row.name}: {' '.join(failure.split())[:300]}" for failure in shown]
    more = len(result.tally.failures) - len(shown)
    return "\n".join([*lines, *([f"- {result.row.name}: {more} more"] if more else [])])


def _section(title: str, parts: list[str]) -> list[str]:
    text = "\n".join(part for part in parts if part)
    return ["", f"## {title}", "", text] if text else []


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip() or "unknown"


def main() -> int:
    """Run the rows, print a line for each; 1 where any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="R1 S4 ...; default: all")
    parser.add_argument("--share", type=float, default=1.0, help="of each row's whole count")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} in any case")
    chosen = parser.parse_args()
    rows = [row for row in ROWS if not chosen.rows or row.number in chosen.rows]
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    commit, started, results = _commit(), time.monotonic(), []
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        for row in rows:
            count = max(row.quick, round(row.full * chosen.share))
            result = try_row(row, count, progress)
            results.append(result)
            failed = f"{len(result.tally.failures)} of {result.tally.tried} failed"
            progress.console.print(
                f"{row.name}: {result.reason or failed}, {result.seconds:.0f} s", highlight=False
            )
            for failure in result.tally.failures[:SHOWN_FAILURES]:
                progress.console.print(f"    {failure}", highlight=False, markup=False)
    if chosen.write or not chosen.rows:
        minutes = (time.monotonic() - started) / 60
        REPORT.write_text(page(results, commit, chosen.share, minutes), encoding="utf-8")
        console.print(f"Written: {REPORT.relative_to(ROOT)}")
    return int(any(result.tally.failures for result in results))


if __name__ == "__main__":
    sys.exit(main())
