"""Train the bundled transformer embedding model and put it in its place.

    python training/train_transformer.py DATA TEACHER [--static FOLDER] [--work FOLDER]

TRANSFORMER.md says where DATA and TEACHER come from, what was decided and what was measured. Cut
off, the same command goes on from the last checkpoint.
"""

import platform
from dataclasses import asdict, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from tokenizers import Tokenizer

from askreport.onnx import GraphRunner
from static_data import digests, glossary, training_texts
from static_measure import on_tuning_sets
from transformer_card import model_card
from transformer_data import base_sources, static_likeness, written_sources
from transformer_folder import save
from transformer_loop import REFINING, Recipe, fit
from transformer_student import make_student
from transformer_teacher import WEIGHTS_SHA256, Teacher, checked_teacher
from transformer_tokenizer import Marks, make_tokenizer
from written import FOLDER as QUESTIONS

PACKAGES = (
    "torch", "transformers", "sentence-transformers", "tokenizers", "safetensors", "onnxruntime",
    "numpy",
)  # fmt: skip
PIECES = 32_000
LONGEST = 384  # pieces of a text that are read
OUT = Path(__file__).parents[1] / "src" / "askreport" / "models" / "zh-en-mini"
STATIC_FILES = ("tokenizer.json", "model.safetensors")

console = Console()


def train(
    data: Annotated[Path, typer.Argument(help="Folder of the training sets.")],
    teacher: Annotated[Path, typer.Argument(help="Folder of all-MiniLM-L6-v2.")],
    work: Annotated[Path, typer.Option(help="Checkpoint and caches.")] = Path("build/training"),
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = OUT,
    static: Annotated[Path, typer.Option(help="The finished static model.")] = Path(
        "build/training/static"
    ),
    minutes: Annotated[float, typer.Option(help="Most minutes of the first run.")] = 120,
    refining: Annotated[float, typer.Option(help="Most minutes of the second run.")] = 35,
    steps: Annotated[int, typer.Option(help="Most steps of each run.")] = Recipe.steps,
    layers: Annotated[int, typer.Option(help="Layers of the body.")] = Recipe.layers,
    most: Annotated[int | None, typer.Option(help="Rows of each set, for trying out.")] = None,
    threads: Annotated[int, typer.Option(help="Processor cores.")] = 2,
) -> None:
    """Train the model on DATA, write it to OUT, measure it on the tuning sets."""
    torch.set_num_threads(threads)
    torch.manual_seed(Recipe.seed)
    runs = {
        "checkpoint": (replace(Recipe(), steps=steps, layers=layers), minutes),
        "refined": (replace(REFINING, steps=min(steps, REFINING.steps), layers=layers), refining),
    }
    work.mkdir(parents=True, exist_ok=True)
    folder = checked_teacher(teacher)
    glosses = glossary(data)
    tokenizer = _tokenizer(work / "tokenizer.json", static / "tokenizer.json", data, glosses)
    sources = base_sources(
        data,
        tokenizer,
        Teacher(folder, work),
        static_likeness(static),
        most,
        Recipe.seed,
    ) | written_sources(data, tokenizer)
    student = make_student(folder, tokenizer, glosses, layers, LONGEST)
    told = {}
    for name, (recipe, longest) in runs.items():
        clock = fit(student, sources, recipe, Marks.of(tokenizer), work / f"{name}.pt", longest)
        told[name] = {**asdict(recipe), "run": {**asdict(clock), "minutes": longest}}
    versions = {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}
    found = {
        **digests(data),
        "questions/train.jsonl": _digest(QUESTIONS / "train.jsonl"),
        "model.safetensors of all-MiniLM-L6-v2": WEIGHTS_SHA256,
        **{f"{name} of the static model": _digest(static / name) for name in STATIC_FILES},
    }
    told["machine"] = {"threads": threads, "rows of each set": most}
    with console.status("measuring"):
        save(student, tokenizer, "", work / "model")
        figures = on_tuning_sets(data, GraphRunner(work / "model").run)
    for name, value in figures.items():
        console.print(f"{name}: {value:.3f}")
    pieces = tokenizer.get_vocab_size()
    save(student, tokenizer, model_card(pieces, layers, told, figures, found, versions), out)
    console.print(f"saved {out}, {_size(out) / 1e6:.1f} MB")


def _tokenizer(path: Path, base: Path, data: Path, glosses: dict[str, list[str]]) -> Tokenizer:
    """Made once, then read from the work folder, so that a resumed run has the same ids."""
    if not path.exists():
        with console.status("choosing the vocabulary (a minute)"):
            texts = list(training_texts(data))
            made = make_tokenizer(
                Tokenizer.from_file(str(base)), texts, glosses.keys(), PIECES, LONGEST
            )
            made.save(str(path), pretty=False)
    return Tokenizer.from_file(str(path))


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    typer.run(train)
