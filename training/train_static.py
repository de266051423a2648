"""Train the static embedding model, from which the transformer starts.

    python training/train_static.py train DATA TEACHER [--tokenizer tokenizer.json] [--out FOLDER]
    python training/train_static.py measure FOLDER PASSAGES.json [--questions QUESTIONS.json]

README.md says where DATA and TEACHER come from and what was tried.
"""

import json
import logging
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from static_card import model_card
from static_data import digests, glossary, simplified_characters, sources, training_texts
from static_loop import Recipe, fit
from static_measure import Encode, on_squad, on_tuning_sets
from static_model import Encoder, save
from static_start import from_teacher
from static_tokenizer import train_tokenizer

PACKAGES = ("torch", "tokenizers", "sentence-transformers", "safetensors", "numpy")
PIECES = 44_000
OUT = Path("build/training/static")

console = Console()
app = typer.Typer(add_completion=False, help="The static embedding model.")


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder of the training sets.")],
    teacher: Annotated[Path, typer.Argument(help="Folder of all-MiniLM-L6-v2.")],
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = OUT,
    tokenizer: Annotated[Path | None, typer.Option(help="Skip training a tokenizer.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps.")] = Recipe.steps,
    threads: Annotated[int, typer.Option(help="Processor cores.")] = 2,
) -> None:
    """Train the model on DATA, measure it on the tuning sets, write it to OUT."""
    torch.set_num_threads(threads)
    torch.manual_seed(Recipe.seed)
    recipe = Recipe(steps=steps)
    if tokenizer:
        pieces = Tokenizer.from_file(str(tokenizer))
    else:
        with console.status("training the tokenizer (minutes)"):
            pieces = train_tokenizer(training_texts(data), PIECES, simplified_characters(data))
    start = from_teacher(teacher, pieces, glossary(data), recipe.dimension, recipe.seed)

    def report(step: int, loss: float, table: torch.Tensor) -> None:
        found = on_tuning_sets(data, Encoder(pieces, table))
        shown = "  ".join(f"{name} {value:.3f}" for name, value in found.items())
        console.print(f"step {step}: loss {loss:.3f}  {shown}")

    table = fit(recipe, pieces, sources(data, recipe.seed), start, report)
    figures = on_tuning_sets(data, Encoder(pieces, table))
    versions = {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}
    card = model_card(pieces, asdict(recipe), figures, digests(data), versions)
    save(pieces, table, card, out)
    console.print(f"saved {out}")


@app.command()
def measure(
    folder: Annotated[Path, typer.Argument(help="A sentence-transformers model.")],
    passages: Annotated[Path, typer.Argument(help="SQuAD-format file.")],
    questions: Annotated[
        Path | None, typer.Option(help="The same paragraphs with other questions.")
    ] = None,
) -> None:
    """Print how well the saved model finds the passages of a SQuAD-format file, as JSON."""
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    model = SentenceTransformer(str(folder), device="cpu")
    encode: Encode = lambda texts: model.encode(list(texts), convert_to_numpy=True)  # noqa: E731
    console.print_json(json.dumps(on_squad(passages, questions or passages, encode)))


if __name__ == "__main__":
    app()
