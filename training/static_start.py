"""Where pieces start: what an English sentence model makes of them, or of their glosses."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from static_tokenizer import is_han


def from_teacher(
    teacher: Path, tokenizer: Tokenizer, glosses: dict[str, list[str]], dimension: int, seed: int
) -> torch.Tensor:
    """(pieces, dimension), unit variance: the teacher's vectors on their principal axes.

    A Chinese piece that is no dictionary word is the mean of the longest words in it; a piece
    without any meaning to find starts at random.
    """
    pieces = tokenizer.get_vocab()
    meanings = {p: meanings_of(p, glosses) for p in sorted(pieces, key=pieces.__getitem__)}
    texts = sorted({text for found in meanings.values() for text in found})
    model = SentenceTransformer(str(teacher), device="cpu")
    vectors = model.encode(texts, batch_size=256, show_progress_bar=True, convert_to_numpy=True)
    axes = _principal(vectors.astype(np.float32), dimension)
    place = {text: i for i, text in enumerate(texts)}
    start = np.random.default_rng(seed).standard_normal((len(pieces), dimension), dtype=np.float32)
    for row, found in enumerate(meanings.values()):
        if found:
            start[row] = axes[[place[text] for text in found]].mean(0)
    start /= np.linalg.norm(start, axis=1, keepdims=True) / np.sqrt(dimension)
    return torch.from_numpy(start)


def _principal(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    centred = vectors - vectors.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    projected: NDArray[np.float32] = centred @ axes[:, ::-1][:, :dimension]
    return projected


def meanings_of(piece: str, glosses: dict[str, list[str]]) -> list[str]:
    """English texts that say what the piece means; the piece itself where it is not Chinese."""
    if not is_han(piece):
        return [piece]
    found: list[str] = []
    at = 0
    while at < len(piece):
        size = next((n for n in range(len(piece) - at, 0, -1) if piece[at : at + n] in glosses), 0)
        found += glosses.get(piece[at : at + size], [])
        at += size or 1
    return found
