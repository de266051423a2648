"""The folder of the finished model; sentence-transformers and `askreport.embedding` read it."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import ElectraModel, PreTrainedTokenizerFast

from static_tokenizer import UNKNOWN
from transformer_onnx import WEIGHTS_FILE, write_graph
from transformer_student import STORED, is_rounded
from transformer_tokenizer import END, PADDING, START


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
    save_weights(dict(student.named_parameters()), beside / WEIGHTS_FILE)
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


def save_weights(parameters: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write them as they are served: matrices as 8-bit floats."""
    weights = {
        name: (p.to(STORED) if is_rounded(p) else p).detach().clone().contiguous()
        for name, p in parameters.items()
    }
    save_file(weights, path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors makes it readable by its owner only
