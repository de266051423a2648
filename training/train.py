"""Make the bundled models, from the sets to `src/askreport/models`, one step after the other.

    python training/train.py DATA TEACHER [--work FOLDER]

The static model comes first: it stands beside the transformer, gives it its pieces, and says which
translations are sure. Run again after a break, it goes on where it was; README.md has the time
that each takes.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from askreport.embedding import STATIC_FOLDER

HERE = Path(__file__).parent
console = Console()


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the training sets.")],
    teacher: Annotated[Path, typer.Argument(help="Folder of all-MiniLM-L6-v2.")],
    work: Annotated[Path, typer.Option(help="What is needed in between.")] = Path("build/training"),
) -> None:
    """Make all models."""
    static = work / "static"
    if not static.exists():
        _run("train_static.py", "train", data, teacher, "--out", static)
    shutil.copytree(static, STATIC_FOLDER, dirs_exist_ok=True)
    _run("train_transformer.py", data, teacher, "--work", work, "--static", static)
    for script in ("make_dictionary.py", "train_sentences.py", "train_refusal.py"):
        _run(script, data)


def _run(script: str, *arguments: str | Path) -> None:
    console.rule(script)
    subprocess.run([sys.executable, HERE / script, *arguments], check=True)


if __name__ == "__main__":
    typer.run(main)
