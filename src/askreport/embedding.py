"""Embedding models behind LangChain's `Embeddings`.

`bundled` is a small transformer that comes with the package as a sentence-transformers folder.
sentence-transformers takes eight seconds to import, so the folder has a light reader here
(tokenizers and onnxruntime) that gives the same vectors, which a test shows. Every other name is a
sentence-transformers model: a folder, or a name in the local cache of the Hugging Face hub.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from askreport.config import BUNDLED
from askreport.errors import ModelUnavailable
from askreport.onnx import GraphRunner

BUNDLED_FOLDER = Path(__file__).parent / "models" / "zh-en-mini"
_FILES = ("tokenizer.json", "model.safetensors", "model.onnx")


class BundledEmbeddings(Embeddings):
    """Unit vectors of texts by the transformer in `folder`. May be used by many threads at once.

    Reads a sentence-transformers folder with a `model.onnx` beside its weights.
    """

    def __init__(self, folder: Path = BUNDLED_FOLDER) -> None:
        self._folder = folder
        self._runner = GraphRunner(folder / "model.onnx", folder / "tokenizer.json")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.dimension = int(config["hidden_size"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the tokenizer, the weights and the graph."""
        content = hashlib.sha256()
        for name in _FILES:
            content.update((self._folder / name).read_bytes())
        return content.hexdigest()

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts`, shape (n, dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._runner.run(list(texts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self.embed_array(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def make_embeddings(model: str) -> Embeddings:
    """The embeddings that `model` names: `bundled`, a folder, or a name in the local hub cache."""
    if model == BUNDLED:
        return BundledEmbeddings()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from langchain_huggingface import HuggingFaceEmbeddings

    try:
        return HuggingFaceEmbeddings(
            model_name=model,
            model_kwargs={"device": "cpu"},
            encode_kwargs={"normalize_embeddings": True},
        )
    except (OSError, ValueError, ImportError) as error:
        raise ModelUnavailable(
            f"Embedding model {model!r} cannot be loaded ({type(error).__name__}); expected"
            " 'bundled', a sentence-transformers folder, or a model in the hub cache, where"
            f" HF_HUB_OFFLINE=0 hf download {model} puts it."
        ) from error


def model_digest(model: str, embeddings: Embeddings) -> str:
    """What tells models of one name apart: a digest of the weights, or of the folder's listing."""
    if isinstance(embeddings, BundledEmbeddings):
        return embeddings.digest
    folder = Path(model)
    listing = [
        (path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256(json.dumps([model, listing]).encode()).hexdigest()


def embed_texts(embeddings: Embeddings, texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of `texts`, shape (n, dimension), whichever embeddings are used."""
    if isinstance(embeddings, BundledEmbeddings):
        return embeddings.embed_array(texts)
    return np.asarray(embeddings.embed_documents(list(texts)), dtype=np.float32)
