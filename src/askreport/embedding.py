"""Embedding models behind LangChain's `Embeddings`.

`bundled` is a sentence-transformers `StaticEmbedding` that comes with the package.
sentence-transformers takes eight seconds to import, so it has a light reader here (tokenizers and
NumPy) that gives the same vectors, which a test shows. Every other name is a sentence-transformers
model: a folder, or a name in the local cache of the Hugging Face hub.
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

BUNDLED_FOLDER = Path(__file__).parent / "models" / "zh-en-static"


class StaticEmbeddings(Embeddings):
    """Mean of the vectors of a text's pieces, at unit length (zeros for a text without pieces).

    Reads a sentence-transformers folder whose first module is a `StaticEmbedding`. May be used by
    many threads at once.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        self._module = folder / modules[0]["path"]
        self._tokenizer = Tokenizer.from_file(str(self._module / "tokenizer.json"))
        self._tokenizer.no_padding()
        weights = load_file(self._module / "model.safetensors")
        self._rows = weights["embeddings"]  # (pieces, dimension) int8
        self._scales = weights["weights"].astype(np.float32)  # (pieces,)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._rows.shape[1])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the tokenizer and the weights."""
        content = hashlib.sha256()
        for name in ("tokenizer.json", "model.safetensors"):
            content.update((self._module / name).read_bytes())
        return content.hexdigest()

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts`, shape (n, dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        for vector, encoding in zip(vectors, encodings, strict=True):
            if encoding.ids:
                scales = self._scales[encoding.ids]
                vector[:] = scales @ self._rows[encoding.ids].astype(np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self.embed_array(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def make_embeddings(model: str) -> Embeddings:
    """The embeddings that `model` names: `bundled`, a folder, or a name in the local hub cache."""
    if model == BUNDLED:
        return StaticEmbeddings(BUNDLED_FOLDER)
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
    if isinstance(embeddings, StaticEmbeddings):
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
    if isinstance(embeddings, StaticEmbeddings):
        return embeddings.embed_array(texts)
    return np.asarray(embeddings.embed_documents(list(texts)), dtype=np.float32)
