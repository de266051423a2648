"""Run the bundled transformer by onnxruntime and tokenizers, without torch.

Texts of like length go through the graph together, in batches that stay in the processor's caches.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Encoding

MOST_THREADS = 4  # of one call; more gain little for texts of this size
BATCH_PIECES = 512  # of a batch with its padding
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
        lengths = np.array([len(encoding.ids) for encoding in encoded])
        outputs, order = [], []
        for batch in batches(lengths):
            outputs.append(self._run([encoded[i] for i in batch]))
            order += batch
        restored = np.empty(len(order), dtype=np.int64)
        restored[order] = np.arange(len(order))
        return np.asarray(np.concatenate(outputs)[restored], dtype=np.float32)

    def _run(self, batch: "Sequence[Encoding]") -> NDArray[np.float32]:
        shape = (len(batch), max(len(encoding.ids) for encoding in batch))
        fed = {name: np.zeros(shape, dtype=np.int64) for name in self._inputs}
        for row, encoding in enumerate(batch):
            values = {
                "input_ids": encoding.ids,
                "attention_mask": encoding.attention_mask,
            }
            for name, array in fed.items():
                array[row, : len(encoding.ids)] = values[name]
        output: NDArray[np.float32] = self._session.run(None, fed)[0]
        return output


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
