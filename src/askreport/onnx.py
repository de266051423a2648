"""Run the bundled transformer by onnxruntime and tokenizers, without torch.

Texts of like length go through the graph together, in batches that stay in the processor's caches.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from askreport.static import unit_length

if TYPE_CHECKING:
    from tokenizers import Encoding

Part = tuple[int, int]  # from and to which character of a text

MOST_THREADS = 4  # of one call; more gain little for texts of this size
BATCH_PIECES = 512  # of a batch with its padding
VECTOR, STATES = "sentence_embedding", "token_embeddings"  # outputs of the graph
_QUIET = 3  # onnxruntime's level of errors; that folding constants takes a moment is known


class GraphRunner:
    """The graph and the tokenizer of a folder. May be used by many threads at once."""

    FILES = ("tokenizer.json", "model.safetensors", "model.onnx")

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(MOST_THREADS, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = _QUIET
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.dimension = int(self._session.get_outputs()[0].shape[-1])
        self._inputs = [known.name for known in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, shape (n, dimension); n is 1 or more."""
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        vectors = np.zeros((len(encoded), self.dimension), dtype=np.float32)
        for batch in batches(_lengths(encoded)):
            [vectors[batch]] = self._run([encoded[i] for i in batch], [VECTOR])
        return vectors

    def run_with_parts(
        self, texts: Sequence[str], parts: Sequence[Sequence[Part]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Unit vectors of `texts`, and of `parts` of each as the whole text makes them understood.

        A part's vector, of shape (all parts, dimension) in order, is the mean over its pieces when
        the whole text was read (late chunking; Günther et al. 2024, arXiv:2409.04701); zeros where
        the model does not read that far.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        firsts = np.cumsum([0, *map(len, parts)])
        vectors = np.zeros((len(encoded), self.dimension), dtype=np.float32)
        inside = np.zeros((int(firsts[-1]), self.dimension), dtype=np.float32)
        for batch in batches(_lengths(encoded)):
            vectors[batch], states = self._run([encoded[i] for i in batch], [VECTOR, STATES])
            for i, pieces in zip(batch, states, strict=True):
                starts, ends = np.array(encoded[i].offsets).T
                for number, (start, end) in enumerate(parts[i], int(firsts[i])):
                    held = np.flatnonzero((starts >= start) & (starts < end) & (ends > starts))
                    inside[number] = pieces[held].sum(axis=0)
        return vectors, unit_length(inside)

    def _run(
        self, batch: "Sequence[Encoding]", outputs: Sequence[str]
    ) -> Sequence[NDArray[np.float32]]:
        shape = (len(batch), max(len(encoding.ids) for encoding in batch))
        fed = {name: np.zeros(shape, dtype=np.int64) for name in self._inputs}
        for row, encoding in enumerate(batch):
            values = {
                "input_ids": encoding.ids,
                "attention_mask": encoding.attention_mask,
            }
            for name, array in fed.items():
                array[row, : len(encoding.ids)] = values[name]
        found: Sequence[NDArray[np.float32]] = self._session.run(outputs, fed)
        return found


def _lengths(encoded: "Sequence[Encoding]") -> NDArray[np.int64]:
    return np.array([len(encoding.ids) for encoding in encoded])


def batches(lengths: NDArray[np.int64]) -> Iterator[list[int]]:
    """Positions in batches of like length; a batch with its padding has `BATCH_PIECES` at most."""
    batch: list[int] = []
    for position in np.argsort(lengths, kind="stable"):
        if batch and (len(batch) + 1) * lengths[position] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(int(position))
    if batch:
        yield batch
