"""The transformer while it is trained: the teacher's body behind our vocabulary.

An Electra model is a BERT model without the pooler, which nothing here needs. Weights are stored as
8-bit floats (E4M3), one byte each, which stock transformers reads; so the last steps of the
training already run with weights rounded like that.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import ElectraConfig, ElectraModel

from static_measure import Vectors
from static_start import meanings_of
from transformer_tokenizer import SPECIAL, Marks

WORDS = "embeddings.word_embeddings.weight"
STORED = torch.float8_e4m3fn
ATTENTION = (
    "eager"  # a third faster than torch's fused kernel, whose gradient is slow for short texts
)

_KEPT = (
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "type_vocab_size",
)
_GLOSSES_READ = 3
_ORDINARY = slice(1000, None)  # the teacher's ids below are marks and unused ones
_UNLIKE = 0.01  # spread of pieces without a meaning around the mean of all


def make_student(
    teacher: Path, tokenizer: Tokenizer, glosses: dict[str, list[str]], layers: int, longest: int
) -> ElectraModel:
    """The teacher's first `layers` layers, each piece of ours where its meaning is."""
    weights = load_file(teacher / "model.safetensors")
    body = json.loads((teacher / "config.json").read_text(encoding="utf-8"))
    config = ElectraConfig(
        **{name: body[name] for name in _KEPT},
        embedding_size=body["hidden_size"],
        vocab_size=tokenizer.get_vocab_size(),
        num_hidden_layers=layers,
        max_position_embeddings=longest,
        pad_token_id=Marks.of(tokenizer).padding,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        architectures=["ElectraModel"],
        dtype="float32",
        attn_implementation=ATTENTION,
    )
    student = ElectraModel(config)
    ours = student.state_dict()
    start = {name: weights[name] for name in ours if name in weights}
    places = "embeddings.position_embeddings.weight"
    start[places] = start[places][:longest]
    english = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    start[WORDS] = start_rows(weights[WORDS], english, tokenizer, glosses)
    student.load_state_dict(start)
    return student


def start_rows(
    rows: torch.Tensor, english: Tokenizer, tokenizer: Tokenizer, glosses: Mapping[str, list[str]]
) -> torch.Tensor:
    """(pieces, hidden): each piece is the mean of the teacher's rows of what it means.

    A piece that means nothing known starts near the mean of all rows.
    """
    dice = torch.Generator().manual_seed(0)
    common = rows[_ORDINARY].mean(0)
    size = (tokenizer.get_vocab_size(), rows.shape[1])
    start = common + _UNLIKE * torch.randn(size, generator=dice)
    few = {word: found[:_GLOSSES_READ] for word, found in glosses.items()}
    meanings = {piece: meanings_of(piece, few) for piece in tokenizer.get_vocab()}
    texts = sorted({text for found in meanings.values() for text in found})
    english.no_padding()  # the teacher's file asks for it, and a mean must not hold it
    english.no_truncation()
    unknown = english.token_to_id("[UNK]")
    known: dict[str, torch.Tensor] = {}
    for text, encoding in zip(
        texts, english.encode_batch(texts, add_special_tokens=False), strict=True
    ):
        if ids := [i for i in encoding.ids if i != unknown]:
            known[text] = rows[ids].mean(0)
    for piece, number in tokenizer.get_vocab().items():
        means = [known[text] for text in meanings[piece] if text in known]
        if piece in SPECIAL:
            start[number] = rows[english.token_to_id(piece)]
        elif means:
            start[number] = torch.stack(means).mean(0)
    return start


def padded(texts: Sequence[NDArray[np.int32]], marks: Marks) -> torch.Tensor:
    """(texts, longest) ids between start and end marks."""
    padding, start, end = marks
    ids = np.full((len(texts), max(map(len, texts)) + 2), padding, dtype=np.int64)
    ids[:, 0] = start
    for row, text in zip(ids, texts, strict=True):
        row[1 : len(text) + 1] = text
        row[len(text) + 1] = end
    return torch.from_numpy(ids)


def embed(student: ElectraModel, ids: torch.Tensor, padding: int) -> torch.Tensor:
    """(texts, hidden), unit length: the mean over all pieces and both marks."""
    return pooled(read(student, ids, padding), ids != padding)


def read(student: ElectraModel, ids: torch.Tensor, padding: int) -> torch.Tensor:
    """(texts, longest, hidden): what each piece says where it stands."""
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
        found = student(input_ids=ids, attention_mask=(ids != padding).long())
    states: torch.Tensor = found.last_hidden_state.float()
    return states


def pooled(states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """(texts, hidden), unit length: the mean of the states that are `real`."""
    return functional.normalize((states * real[..., None]).sum(1), dim=-1)


def fast_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; where it does not, that is 3 times slower
    than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Encoder:
    """Texts to unit vectors with the student as it is, for measuring in between."""

    def __init__(self, student: ElectraModel, tokenizer: Tokenizer, batch: int = 64) -> None:
        self._student = student
        self._tokenizer = tokenizer
        self._batch = batch

    @torch.no_grad()
    def __call__(self, texts: Sequence[str]) -> Vectors:
        padding = Marks.of(self._tokenizer).padding
        vectors = np.zeros((len(texts), self._student.config.hidden_size), np.float32)
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        order = np.argsort([len(e.ids) for e in encoded], kind="stable")
        for at in range(0, len(order), self._batch):
            chosen = order[at : at + self._batch]
            longest = len(encoded[chosen[-1]].ids)
            ids = [encoded[i].ids + [padding] * (longest - len(encoded[i].ids)) for i in chosen]
            vectors[chosen] = embed(self._student, torch.tensor(ids), padding).numpy()
        return vectors


def is_rounded(weight: torch.Tensor) -> bool:
    """Matrices are stored in 8 bits; biases and norms are few and stay as they are."""
    return weight.ndim == 2


@contextmanager
def rounded(student: ElectraModel) -> Iterator[None]:
    """Inside, the weights are what will be stored; gradients taken there belong to the real ones
    (the straight-through estimator, Bengio et al. 2013)."""
    matrices = [p for p in student.parameters() if is_rounded(p)]
    kept = [p.detach().clone() for p in matrices]
    try:
        with torch.no_grad():
            for p in matrices:
                p.copy_(p.to(STORED).to(p.dtype))
        yield
    finally:
        with torch.no_grad():
            for p, exact in zip(matrices, kept, strict=True):
                p.copy_(exact)
