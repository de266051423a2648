"""The folder of the finished model: sentence-transformers reads it, and onnxruntime alone."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import ElectraModel, PreTrainedTokenizerFast

from static_measure import Vectors
from static_tokenizer import UNKNOWN
from transformer_onnx import GRAPH_FILE, INPUTS, OUTPUT, WEIGHTS_FILE, write_graph
from transformer_student import STORED, is_rounded
from transformer_tokenizer import END, PADDING, START

_BATCH_PIECES = 512  # of a batch with its padding; more leaves the processor's caches


def save(student: ElectraModel, tokenizer: Tokenizer, card: str, folder: Path) -> None:
    """Write a sentence-transformers folder beside `folder`, then put it in its place."""
    beside, old = (folder.with_name(f"{folder.name}.{end}") for end in ("new", "old"))
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    longest = student.config.max_position_embeddings
    with tempfile.TemporaryDirectory() as parts:
        student.save_pretrained(parts)
        PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=tokenizer,
            unk_token=UNKNOWN,
            pad_token=PADDING,
            cls_token=START,
            sep_token=END,
            model_max_length=longest,
        ).save_pretrained(parts)
        modules = [
            Transformer(parts, max_seq_length=longest),
            Pooling(student.config.hidden_size, "mean"),
            Normalize(),
        ]
        model = SentenceTransformer(modules=modules, device="cpu")
        model.save_pretrained(str(beside), create_model_card=False)
    weights = {
        name: (p.to(STORED) if is_rounded(p) else p).detach().clone().contiguous()
        for name, p in student.named_parameters()
    }
    save_file(weights, beside / WEIGHTS_FILE, metadata={"format": "pt"})
    (beside / WEIGHTS_FILE).chmod(0o644)  # safetensors makes it readable by its owner only
    compact = json.loads((beside / "tokenizer.json").read_text(encoding="utf-8"))
    (beside / "tokenizer.json").write_text(
        json.dumps(compact, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    write_graph(beside)
    (beside / "README.md").write_text(card, encoding="utf-8")
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


class Served:
    """Texts to unit vectors from a saved folder, by onnxruntime and tokenizers alone.

    This is what a reader of the folder has to do; the package has its own.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / GRAPH_FILE), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        order = np.argsort([len(e.ids) for e in encoded], kind="stable")
        found: list[Vectors] = []
        at = 0
        while at < len(order):
            size = 1
            while at + size < len(order) and (
                (size + 1) * len(encoded[order[at + size]].ids) <= _BATCH_PIECES
            ):
                size += 1
            found.append(self._run([encoded[i].ids for i in order[at : at + size]]))
            at += size
        restored = np.empty_like(order)
        restored[order] = np.arange(len(order))
        vectors: Vectors = np.concatenate(found)[restored]
        return vectors

    def _run(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Vectors of one batch; the last text is the longest."""
        ids = np.zeros((len(texts), len(texts[-1])), np.int64)
        real = np.zeros_like(ids)
        for row, mask, text in zip(ids, real, texts, strict=True):
            row[: len(text)] = text
            mask[: len(text)] = 1
        feed = dict(zip(INPUTS, (ids, real), strict=True))
        vectors: Vectors = self._session.run([OUTPUT], feed)[0]
        return vectors
