"""The bundled model and its light reader."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askreport.embedding import (
    STATIC_FOLDER,
    TRANSFORMER_FOLDER,
    BundledEmbeddings,
    embed_texts,
    make_embeddings,
    model_digest,
)
from askreport.errors import ModelUnavailable
from askreport.onnx import GraphRunner
from askreport.static import StaticRunner

TEXTS = [
    "量子计算机有多少个量子比特？",
    "How many qubits does the machine have?",
    "２０２３年，ＲＩＳＣ－Ｖ 芯片出货 6.5 亿颗",
    "混合 mixed 文本 with 4680 電池",
    "😀",
    " 空白 ",
]
_MODEL = BundledEmbeddings()


@pytest.mark.filterwarnings("ignore")  # of torch and transformers, not ours
def test_the_light_readers_give_the_vectors_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*TEXTS, "", "很长的文本。" * 200]
    transformer = SentenceTransformer(str(TRANSFORMER_FOLDER), device="cpu").encode(texts)
    cosines = (GraphRunner(TRANSFORMER_FOLDER).run(texts) * transformer).sum(axis=1)
    assert cosines[TEXTS.index("😀")] > 0.97  # no piece at all, only the marks
    assert np.delete(cosines, [TEXTS.index("😀"), len(TEXTS)]).min() > 0.99
    static = SentenceTransformer(str(STATIC_FOLDER), device="cpu").encode(texts)
    np.testing.assert_allclose(StaticRunner(STATIC_FOLDER).run(texts), static, atol=1e-3)


def test_a_cosine_is_the_weighted_mean_of_the_cosines_of_the_two_models() -> None:
    pair = BundledEmbeddings(static_share=0.25).embed_array(TEXTS[:3])
    transformer = GraphRunner(TRANSFORMER_FOLDER).run(TEXTS[:3])
    static = StaticRunner(STATIC_FOLDER).run(TEXTS[:3])
    expected = 0.75 * transformer @ transformer.T + 0.25 * static @ static.T
    np.testing.assert_allclose(pair @ pair.T, expected, atol=1e-5)


def test_a_sentence_is_read_in_its_passage() -> None:
    passages = ["小米发布了一款人形机器人。它高1.77米。", "上海建了一座电视塔。它高1.77米。"]
    places = [[(0, 13), (13, 21)], [(0, 10), (10, 18)]]
    sentences = [
        passage[start:end]
        for passage, own in zip(passages, places, strict=True)
        for start, end in own
    ]
    whole, inside = _MODEL.embed_with_sentences(passages, sentences, places)
    np.testing.assert_allclose(whole, _MODEL.embed_array(passages), atol=1e-5)
    assert sentences[1] == sentences[3]
    robot, tower = _MODEL.embed_array(["小米的机器人有多高？", "上海的电视塔有多高？"])
    assert robot @ inside[1] > robot @ inside[3]
    assert tower @ inside[3] > tower @ inside[1]


def test_a_sentence_that_the_model_does_not_reach_stands_alone() -> None:
    passage = "很长的文本。" * 200
    places = [[(0, 6), (len(passage) - 6, len(passage))]]
    _, inside = _MODEL.embed_with_sentences([passage], ["很长的文本。"] * 2, places)
    [alone] = _MODEL.embed_array(["很长的文本。"])
    np.testing.assert_allclose(inside[1], alone, atol=1e-5)
    assert abs(inside[0] - alone).max() > 1e-3


def test_passages_without_sentences_have_vectors() -> None:
    whole, inside = _MODEL.embed_with_sentences(["没有句子"], [], [[]])
    assert whole.shape == (1, _MODEL.dimension)
    assert inside.shape == (0, _MODEL.dimension)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [Path.unlink, empty, cut])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("transformer", name) for name in GraphRunner.FILES),
        *(("static", name) for name in StaticRunner.FILES),
    ],
)
def test_a_damaged_model_is_one_line(
    kind: str, name: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    good = {"transformer": TRANSFORMER_FOLDER, "static": STATIC_FOLDER}[kind]
    folder = shutil.copytree(good, tmp_path / "model")
    damage(folder / name)
    with pytest.raises(ModelUnavailable) as told:
        BundledEmbeddings(**{kind: folder})
    assert str(told.value).startswith(f"The bundled model {folder} cannot be read (")
    assert str(told.value).endswith("or name another model in embedding.model.")
    assert "\n" not in str(told.value)


def test_a_model_that_vanishes_is_one_line(tmp_path: Path) -> None:
    folder = shutil.copytree(STATIC_FOLDER, tmp_path / "model")
    embeddings = BundledEmbeddings(static=folder)
    shutil.rmtree(folder)
    with pytest.raises(ModelUnavailable, match="FileNotFoundError"):
        _ = embeddings.digest


def test_the_light_reader_imports_no_torch() -> None:
    code = (
        "import sys; from askreport.embedding import make_embeddings;"
        " make_embeddings('bundled').embed_query('x'); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(max_examples=50)
@given(st.lists(st.text(max_size=60), max_size=4))
def test_vectors_are_finite_and_of_length_one(texts: list[str]) -> None:
    vectors = _MODEL.embed_array([text.encode("utf-8", "replace").decode() for text in texts])
    assert vectors.shape == (len(texts), 384 + 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_meaning_crosses_the_languages() -> None:
    question, right, wrong = _MODEL.embed_array(
        ["How far can an electric car drive?", "电动汽车的续航里程", "昨天的足球比赛"]
    )
    assert question @ right > question @ wrong


def test_documents_queries_and_arrays_agree() -> None:
    alone, among = _MODEL.embed_array(["芯片"])[0], _MODEL.embed_array(["芯片", *TEXTS])[0]
    np.testing.assert_allclose(_MODEL.embed_query("芯片"), alone)
    assert alone @ among > 0.99  # activations are rounded batch by batch
    np.testing.assert_allclose(_MODEL.embed_documents(TEXTS), embed_texts(_MODEL, TEXTS))


def test_a_sentence_transformers_folder_is_a_model_too() -> None:
    other = make_embeddings(str(TRANSFORMER_FOLDER))
    vectors = embed_texts(other, TEXTS[:3])
    assert (vectors * GraphRunner(TRANSFORMER_FOLDER).run(TEXTS[:3])).sum(axis=1).min() > 0.99
    assert model_digest(str(TRANSFORMER_FOLDER), other) != model_digest("bundled", _MODEL)


def test_a_model_that_is_not_here_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        make_embeddings(str(tmp_path / "none"))
    assert "\n" not in str(caught.value)
    assert "bundled" in str(caught.value)
