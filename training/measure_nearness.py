"""Measure when a written sentence is near enough to its source: `NEAR_ENOUGH` of verification.py.

    python training/measure_nearness.py DATA_FOLDER [--model NAME]

DATA_FOLDER holds parallel.dev.jsonl.gz and cmrc2018.trial.jsonl.gz. Supported are a translation by
its original, and a question with its answer by the sentence that holds the answer; unrelated are
the same beside another original or sentence. Each line gives quantiles of the cosine.
"""

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from askreport.answering.verification import NEAR_ENOUGH
from askreport.config import BUNDLED
from askreport.embedding import embed_texts, make_embeddings

SEED = 20240
SHORTEST = 12  # characters; a shorter text is a label and no sentence
LOW, HIGH = (0.005, 0.01, 0.02, 0.05), (0.95, 0.98, 0.99, 0.995)
_SENTENCE_END = re.compile(r"(?<=[。！？])")
Pair = tuple[str, str]
console = Console(soft_wrap=True)


def main() -> None:
    """Print how the cosines of supported and of unrelated pairs lie around the threshold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default=BUNDLED)
    arguments = parser.parse_args()
    embeddings = make_embeddings(arguments.model)
    for name, pairs in (
        ("translations", translations(arguments.data / "parallel.dev.jsonl.gz")),
        ("answers", answers(arguments.data / "cmrc2018.trial.jsonl.gz")),
    ):
        chosen = list(pairs)
        texts = embed_texts(embeddings, [text for text, _ in chosen])
        sources = embed_texts(embeddings, [source for _, source in chosen])
        order = list(range(len(chosen)))
        random.Random(SEED).shuffle(order)
        report(f"{name}, supported", (texts * sources).sum(axis=1), LOW)
        report(f"{name}, unrelated", (texts * sources[order]).sum(axis=1), HIGH)


def report(name: str, cosines: np.ndarray, shares: Sequence[float]) -> None:
    """One line of quantiles, and the share that lies below the threshold."""
    quantiles = "  ".join(f"{share:.1%}: {np.quantile(cosines, share):.3f}" for share in shares)
    below = float(np.mean(cosines < NEAR_ENOUGH))
    console.print(f"{name} ({len(cosines)}): {quantiles}; below {NEAR_ENOUGH}: {below:.1%}")


def translations(path: Path) -> Iterator[Pair]:
    """English sentences and their Chinese originals."""
    return ((row["en"], row["zh"]) for row in _rows(path) if len(row["zh"]) >= SHORTEST)


def answers(path: Path) -> Iterator[Pair]:
    """Questions with their answers, and the sentences that hold them."""
    for row in _rows(path):
        answer = row["answers"][0]
        holding = [text for text in _SENTENCE_END.split(row["passage"]) if answer in text]
        if holding:
            yield f"{row['question'].rstrip('？?')}：{answer}。", holding[0]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
