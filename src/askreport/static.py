"""Read a sentence-transformers `StaticEmbedding` with tokenizers and NumPy alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Cosines = NDArray[np.float32]


class Pieces(NamedTuple):
    """The pieces of a text in order: as written, unit vectors (n, dimension), lengths (n,).

    The length of a piece's vector is its weight in the mean that stands for a text.
    """

    spellings: list[str]
    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]


class StaticRunner:
    """Mean of the vectors of a text's pieces. May be used by many threads at once.

    The table is kept as it is stored: 8-bit whole numbers, and a scale for every piece.
    """

    FILES = ("tokenizer.json", "model.safetensors")

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        stored = load_file(folder / "model.safetensors")
        self._rows = stored["embeddings"]  # (pieces, dimension) int8
        self._scales = stored["weights"]  # (pieces,) float32
        self.dimension = int(self._rows.shape[1])

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, shape (n, dimension); zeros for a text without pieces."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        for vector, encoding in zip(vectors, encodings, strict=True):
            if encoding.ids:
                vector[:] = self._scales[encoding.ids] @ self._rows[encoding.ids].astype(np.float32)
        return unit_length(vectors)

    def pieces(self, text: str) -> Pieces:
        """The pieces of `text`, each by itself."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        rows = self._rows[encoding.ids].astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1) * self._scales[encoding.ids]
        spellings = [text[start:end].strip() for start, end in encoding.offsets]
        return Pieces(spellings, unit_length(rows), lengths)

    def best_cosines(self, vectors: NDArray[np.float32], texts: Sequence[str]) -> Cosines:
        """Cosine of each of the unit `vectors` (m, dimension) with the nearest piece of each text.

        Shape (len(texts), m); -1 for a text without pieces.
        """
        # Not as a batch: for so few, its threads cost more than they save.
        ids = [self._tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        used = sorted(set().union(*ids))
        row = {piece: number for number, piece in enumerate(used)}
        # By einsum, not BLAS: its threads, waiting for more, would slow down what comes next.
        rows = unit_length(self._rows[used].astype(np.float32))
        cosines = np.einsum("ud,vd->uv", rows, vectors)
        best = np.full((len(ids), len(vectors)), -1, dtype=np.float32)
        for number, pieces in enumerate(ids):
            if pieces:
                best[number] = cosines[[row[piece] for piece in pieces]].max(axis=0)
        return best


def unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row divided by its length; a row of zeros stays."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    divided: NDArray[np.float32] = np.divide(
        vectors, norms, out=np.zeros_like(vectors), where=norms > 0
    )
    return divided
