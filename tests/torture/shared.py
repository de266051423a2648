"""What many rows use: the real report's index, commands of ours, an environment for processes."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TypeVar

from askreport import Assistant, build_index, open_assistant

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "reports" / "it-trends-2024.txt"
T = TypeVar("T")

QUESTIONS = ROOT / "evals" / "questions.jsonl"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


@cache
def report_index() -> Path:
    """Folder of an index of the report, built once for the process."""
    folder = Path(tempfile.mkdtemp(prefix="askreport-report-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build_index([REPORT], folder)
    return folder


@cache
def report_assistant() -> Assistant:
    """An assistant over the report, with default settings."""
    return open_assistant(report_index())


def askreport(
    *arguments: str | Path, cwd: Path | None = None, timeout: float = 300, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "askreport", *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="replace",
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        timeout=timeout,
    )


def spread(items: list[T], count: int) -> list[T]:
    """`count` of `items` in their order, evenly far apart; all where there are fewer."""
    if len(items) <= count:
        return items
    return [items[number * len(items) // count] for number in range(count)]
