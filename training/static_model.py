"""The static model while it is trained, and the folder it is saved in."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer

from static_measure import Vectors

_BATCH = 2_000


class Bags:
    """Texts as bags of piece ids, those of text i at `flat[starts[i]:starts[i + 1]]`."""

    def __init__(self, bags: Sequence[Sequence[int] | NDArray[np.int32]]) -> None:
        self.starts = np.cumsum([0] + [len(bag) for bag in bags])
        self.flat = np.concatenate([np.empty(0, np.int32), *bags]).astype(np.int32)

    @classmethod
    def of_texts(
        cls, tokenizer: Tokenizer, texts: Sequence[str], longest: int | None = None
    ) -> Self:
        """At most `longest` known pieces of each text."""
        bags: list[NDArray[np.int32]] = []
        for at in range(0, len(texts), _BATCH):
            batch = tokenizer.encode_batch_fast(texts[at : at + _BATCH], add_special_tokens=False)
            bags += [np.array([i for i in e.ids if i][:longest], np.int32) for e in batch]
        return cls(bags)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The ids of these texts one after the other, and the size of each bag."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        first = np.repeat(self.starts[rows] - np.cumsum(sizes) + sizes, sizes)
        return self.flat[first + np.arange(len(first))], sizes


class Encoder:
    """Texts to unit vectors: means of rows of a table, as StaticEmbedding, Normalize give them."""

    def __init__(self, tokenizer: Tokenizer, table: torch.Tensor) -> None:
        self._tokenizer = tokenizer
        self._table = table

    def __call__(self, texts: Sequence[str]) -> Vectors:
        bags = Bags.of_texts(self._tokenizer, texts)
        means = torch.nn.functional.embedding_bag(
            torch.from_numpy(bags.flat).long(),
            self._table,
            torch.from_numpy(bags.starts[:-1]),
            mode="mean",
        )
        vectors: Vectors = torch.nn.functional.normalize(means, dim=-1).numpy()
        return vectors


def quantised(table: torch.Tensor) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as 8-bit whole numbers and one scale per row: row = whole numbers * scale."""
    rows = table.numpy().astype(np.float32)
    scales = np.maximum(np.abs(rows).max(1) / 127, np.finfo(np.float32).tiny)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def save(tokenizer: Tokenizer, table: torch.Tensor, card: str, folder: Path) -> None:
    """Write a sentence-transformers folder beside `folder`, then put it in its place.

    The weights are in model2vec's layout, which StaticEmbedding reads: `embeddings` (int8) times
    `weights` (float32, one per piece).
    """
    beside, old = (folder.with_name(f"{folder.name}.{end}") for end in ("new", "old"))
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=table), Normalize()], device="cpu"
    )
    model.save_pretrained(str(beside), create_model_card=False)
    whole, scales = quantised(table)
    save_file({"embeddings": whole, "weights": scales}, beside / "model.safetensors")
    compact = json.loads((beside / "tokenizer.json").read_text(encoding="utf-8"))
    (beside / "tokenizer.json").write_text(
        json.dumps(compact, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    (beside / "README.md").write_text(card, encoding="utf-8")
    (beside / "model.safetensors").chmod(0o644)  # safetensors makes it readable by its owner only
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
