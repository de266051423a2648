"""Embedding models behind LangChain's `Embeddings`.

`bundled` is two small models that come with the package as sentence-transformers folders: a
transformer, which reads words in their order, and a static one, which keeps names and rare words
apart that the first confuses. sentence-transformers takes eight seconds to import, so the folders
have light readers here (tokenizers, onnxruntime, NumPy) that give the same vectors, which a test
shows. Every other name is a sentence-transformers model: a folder, or a name in the local cache of
the Hugging Face hub.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from askreport.config import BUNDLED
from askreport.errors import ModelUnavailable
from askreport.onnx import GraphRunner, Part
from askreport.static import StaticRunner, unit_length

MODELS = Path(__file__).parent / "models"
TRANSFORMER_FOLDER = MODELS / "zh-en-mini"
STATIC_FOLDER = MODELS / "zh-en-static"
STATIC_SHARE = 0.35  # of a cosine; training/README.md has the figures it was chosen by

T = TypeVar("T")


@cache
def static_runner(folder: Path) -> StaticRunner:
    """The static model in `folder`, read once."""
    return _read(StaticRunner, folder)


class BundledEmbeddings(Embeddings):
    """Unit vectors of texts by both models, side by side. May be used by many threads at once.

    The parts are weighted so that a cosine is the weighted mean of the two models' cosines. Raises
    `ModelUnavailable` where a folder cannot be read.
    """

    def __init__(
        self,
        transformer: Path = TRANSFORMER_FOLDER,
        static: Path = STATIC_FOLDER,
        static_share: float = STATIC_SHARE,
    ) -> None:
        self._transformer = _read(GraphRunner, transformer)
        self._static = static_runner(static)
        self._files = [transformer / name for name in GraphRunner.FILES]
        self._files += [static / name for name in StaticRunner.FILES]
        self._weights = np.sqrt(np.array([1 - static_share, static_share], dtype=np.float32))
        self.dimension = self._transformer.dimension + self._static.dimension

    @cached_property
    def digest(self) -> str:
        """SHA-256 of tokenizers, weights and graph, and of how the two are weighted."""
        content = hashlib.sha256(self._weights.tobytes())
        for path in self._files:
            content.update(_read(Path.read_bytes, path))
        return content.hexdigest()

    def embed_array(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts`, shape (n, dimension)."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return self._side_by_side(self._transformer.run(texts), texts)

    def embed_with_sentences(
        self, passages: Sequence[str], sentences: Sequence[str], places: Sequence[Sequence[Part]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of passages, and of the sentences that stand at `places` in each, in order.

        To the transformer a sentence is both what it says alone and what it says in its passage,
        where it is clear who "he" is.
        """
        whole, inside = self._transformer.run_with_parts(passages, places)
        both = unit_length(self._transformer.run(sentences) + inside)
        return self._side_by_side(whole, passages), self._side_by_side(both, sentences)

    def _side_by_side(
        self, vectors: NDArray[np.float32], texts: Sequence[str]
    ) -> NDArray[np.float32]:
        """The transformer's `vectors` of `texts`, and the static model's."""
        first, second = self._weights
        parts = (first * vectors, second * self._static.run(texts))
        return unit_length(np.concatenate(parts, axis=1))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self.embed_array(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def _read(reader: Callable[[Path], T], path: Path) -> T:
    try:
        return reader(path)
    except Exception as error:  # onnxruntime, tokenizers and safetensors raise nothing narrower
        reason = " ".join(str(error).split())[:120]
        raise ModelUnavailable(
            f"The bundled model {path} cannot be read ({type(error).__name__}: {reason}); expected"
            " it as it came with askreport. Install askreport again, or name another model in"
            " embedding.model."
        ) from error


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


def embed_with_sentences(
    embeddings: Embeddings,
    passages: Sequence[str],
    sentences: Sequence[str],
    places: Sequence[Sequence[Part]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors of passages, and of the sentences that stand at `places` in each, in order.

    Only the bundled embeddings read a sentence in its passage.
    """
    if isinstance(embeddings, BundledEmbeddings):
        return embeddings.embed_with_sentences(passages, sentences, places)
    whole = embed_texts(embeddings, passages)
    alone = embed_texts(embeddings, sentences) if sentences else whole[:0]
    return whole, alone
