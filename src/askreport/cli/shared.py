"""What the commands share: options, consoles, settings, progress, output."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from askreport.errors import AskReportError

if TYPE_CHECKING:
    from askreport.config import Settings

app = typer.Typer(
    name="askreport",
    help="Ask a report questions and get answers that cite it, sentence by sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

IndexDir = Annotated[Path | None, typer.Option("--index-dir", help="Folder of the index.")]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the result as JSON.")]


def settings_of(
    config: Path | None, changes: list[str] | None, index_dir: Path | None
) -> "Settings":
    """Settings from the file, the environment and the command line."""
    from askreport.config import load_settings

    given = list(changes or [])
    if index_dir is not None:
        given.append(f"index.directory={index_dir}")
    return load_settings(config, os.environ, given)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr, a line per stage; `report(stage, done, total)` moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not err.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=quiet) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield report


def printable(text: str) -> str:
    """`text` without control characters, which could drive the reader's terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def print_json(value: Any, indent: int | None = 2) -> None:
    """Print a value for programs; `indent` None: on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON. Raises `AskReportError` where the file cannot be written."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file and say so. Raises `AskReportError` where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskReportError(
            f"Cannot write {path} ({error.strerror}); name another file."
        ) from error
    err.print(f"Written: {path}")
