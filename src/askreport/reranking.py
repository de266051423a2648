"""The reranker: how well a sentence answers a question, by reading both together.

A transformer of the size of the embedding model, and with the same table of pieces; it comes in the
same folder. It is slower than comparing vectors (some milliseconds a sentence), so it reads only
the best few that search found.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askreport.embedding import BUNDLED_FOLDER
from askreport.onnx import GraphRunner

_LONGEST = 96  # pieces of a question and a sentence together, as in training


class Reranker:
    """Scores sentences for a question. May be used by many threads at once."""

    def __init__(self, folder: Path = BUNDLED_FOLDER) -> None:
        self._runner = GraphRunner(folder / "reranker.onnx", folder / "tokenizer.json", _LONGEST)

    def scores(self, question: str, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Log odds that each sentence answers, shape (n,); comparable across questions."""
        if not sentences:
            return np.zeros(0, dtype=np.float32)
        return self._runner.run([(question, sentence) for sentence in sentences])[:, 0]
