"""The transformer's training, on toys: vocabulary, start, steps, resuming, and the saved folder."""

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

TRAINING = Path(__file__).parents[1] / "training"
sys.path.insert(0, str(TRAINING))

pytestmark = pytest.mark.filterwarnings("ignore")  # of torch and transformers, not ours

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers  # noqa: E402
from transformers import ElectraConfig, ElectraModel  # noqa: E402

from askreport.onnx import GraphRunner  # noqa: E402
from static_model import Bags  # noqa: E402
from transformer_card import model_card  # noqa: E402
from transformer_data import (  # noqa: E402
    Answered,
    Contrasted,
    Distilled,
    hard_negatives,
    parallel_pairs,
)
from transformer_folder import save  # noqa: E402
from transformer_loop import Recipe, Share, _answer, draw, fit  # noqa: E402
from transformer_onnx import stored_tensors, write_graph  # noqa: E402
from transformer_student import Encoder, padded, rounded, start_rows  # noqa: E402
from transformer_teacher import checked_teacher  # noqa: E402
from transformer_tokenizer import Marks, dictionary_words, make_tokenizer  # noqa: E402

TEXTS = ["量子计算机有多少个量子比特？", "how many qubits", "芯片 2024", "量子计算机 chip", "😀"]
PIECES = ["量子", "计算", "机", "芯", "片", "how", "many", "qubit", "s", "chip", "2024", "个", "有"]


def base_tokenizer() -> Tokenizer:
    vocabulary = [("[UNK]", 0.0), *((piece, -3.0) for piece in PIECES)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def our_tokenizer() -> Tokenizer:
    return make_tokenizer(base_tokenizer(), TEXTS * 20, {"计算机", "芯片"}, 40, 32)


def toy_student(tokenizer: Tokenizer) -> ElectraModel:
    torch.manual_seed(0)
    config = ElectraConfig(
        vocab_size=tokenizer.get_vocab_size(),
        embedding_size=32,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=32,
        layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.token_to_id("[PAD]"),
        dtype="float32",
        architectures=["ElectraModel"],
    )
    return ElectraModel(config).eval()


def toy_sources() -> dict[str, Distilled | Contrasted]:
    bags = Bags([[1, 2], [3], [4, 5, 6], [7]])
    targets = np.eye(4, 32, dtype=np.float16)
    hard = np.array([[1, -1, -1, -1]] * 4)
    return {
        "parallel": Distilled(bags, targets, strict=0.5),
        "question-sentence": Contrasted(bags, bags, np.arange(4), np.arange(4), hard),
    }


TOY = replace(
    Recipe(),
    steps=6,
    mix={"parallel": Share(0.5, 4), "question-sentence": Share(0.5, 4)},
    body_rate=1e-3,
)


# vocabulary


def test_the_longest_words_of_the_dictionary_are_counted() -> None:
    found = dictionary_words(["量子计算机和计算"], {"计算", "计算机", "量子"})
    assert found == {"量子": 1, "计算机": 1, "计算": 1}


def test_words_of_the_dictionary_become_pieces() -> None:
    tokenizer = our_tokenizer()
    assert tokenizer.encode("量子计算机", add_special_tokens=False).tokens == ["量子", "计算机"]


def test_a_text_stands_between_marks_and_is_cut() -> None:
    tokenizer = our_tokenizer()
    assert tokenizer.encode("芯片").tokens == ["[CLS]", "芯片", "[SEP]"]
    assert len(tokenizer.encode("机 " * 100).ids) == 32
    assert tokenizer.encode("").tokens == ["[CLS]", "[SEP]"]


def test_no_more_ids_than_asked_for() -> None:
    tokenizer = make_tokenizer(base_tokenizer(), TEXTS * 20, {"计算机"}, 9, 32)
    assert tokenizer.get_vocab_size() == 9
    assert tokenizer.token_to_id("[UNK]") == 0


# data


def test_sure_translations_come_first_and_the_least_sure_goes() -> None:
    rows = [{"zh": f"第{i}句话", "en": f"sentence number {i}", "set": "a"} for i in range(50)]
    rows.append({"zh": "短", "en": "too short a text", "set": "a"})

    def likeness(left: list[str], right: list[str]) -> np.ndarray:
        return np.array([float(text[1:-2]) for text in left], np.float32)

    pairs = parallel_pairs(rows, None, likeness, random.Random(0))
    assert len(pairs) == 49
    assert pairs[0] == ("第49句话", "sentence number 49")
    assert pairs[-1] == ("第1句话", "sentence number 1")


def test_everyday_translations_are_read_more_often() -> None:
    rows = [{"zh": "我们去吃饭吧", "en": "let us go and eat", "set": "tatoeba_anki"}]
    pairs = parallel_pairs(rows, None, lambda a, b: np.ones(len(a), np.float32), random.Random(0))
    assert pairs == [("我们去吃饭吧", "let us go and eat")] * 3


def test_what_holds_the_answer_is_no_wrong_answer() -> None:
    pool = ["北京的人口是两千万", "北京的面积很大", "上海的人口也多", "xyz"]
    hard = hard_negatives(["北京的人口是多少？"], [["两千万"]], pool)
    assert hard.tolist() == [[1, 2, -1, -1]] or hard.tolist() == [[2, 1, -1, -1]]


def test_only_the_open_part_is_drawn_from() -> None:
    drawn = draw(np.arange(100), 16, 0.25, np.random.default_rng(0))
    assert drawn.max() < 25


# student


def test_a_piece_starts_where_its_gloss_is() -> None:
    english = Tokenizer(
        models.WordLevel({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "chip": 4}, "[UNK]")
    )
    english.pre_tokenizer = pre_tokenizers.Whitespace()
    english.enable_padding(length=9, pad_id=3)  # as in the teacher's own file
    rows = torch.arange(10.0).reshape(5, 2)
    tokenizer = our_tokenizer()
    start = start_rows(rows, english, tokenizer, {"芯片": ["chip"]})
    for piece, number in (("芯片", 4), ("chip", 4), ("[CLS]", 1), ("[PAD]", 3)):
        assert start[tokenizer.token_to_id(piece)].tolist() == rows[number].tolist()


def test_padding_stands_after_the_end() -> None:
    ids = padded([np.array([5]), np.array([6, 7])], Marks(1, 2, 3))
    assert ids.tolist() == [[2, 5, 3, 1], [2, 6, 7, 3]]


def test_rounding_is_undone() -> None:
    student = toy_student(our_tokenizer())
    weight = student.encoder.layer[0].intermediate.dense.weight
    before = weight.detach().clone()
    with rounded(student):
        assert not torch.equal(weight, before)
        assert torch.equal(weight, weight.to(torch.float8_e4m3fn).float())
    assert torch.equal(weight, before)


# training


def test_a_few_steps_learn_and_the_vocabulary_goes_first(tmp_path: Path) -> None:
    tokenizer = our_tokenizer()
    student = toy_student(tokenizer)
    recipe = replace(TOY, vocabulary_share=1.0)
    body = student.encoder.layer[0].intermediate.dense.weight.detach().clone()
    words = student.embeddings.word_embeddings.weight.detach().clone()
    clock = fit(student, toy_sources(), recipe, Marks.of(tokenizer), tmp_path / "c.pt", 1.0)
    assert clock.step == 6
    assert torch.equal(student.encoder.layer[0].intermediate.dense.weight, body)
    assert not torch.equal(student.embeddings.word_embeddings.weight, words)


def test_a_resumed_run_ends_where_an_uninterrupted_one_ends(tmp_path: Path) -> None:
    tokenizer = our_tokenizer()
    whole, cut = toy_student(tokenizer), toy_student(tokenizer)
    fit(whole, toy_sources(), TOY, Marks.of(tokenizer), tmp_path / "whole.pt", 1.0)

    class Killed(BaseException):
        pass

    sources = toy_sources()
    sizes = sources["parallel"].sizes
    calls = iter(range(100))

    class Dying(dict):  # type: ignore[type-arg]
        def __getitem__(self, name: str) -> object:
            if next(calls) == 4:
                raise Killed
            return super().__getitem__(name)

    assert len(sizes) == 4
    with pytest.raises(Killed):
        fit(cut, Dying(sources), TOY, Marks.of(tokenizer), tmp_path / "cut.pt", 1.0, 0.0)
    again = toy_student(tokenizer)
    fit(again, toy_sources(), TOY, Marks.of(tokenizer), tmp_path / "cut.pt", 1.0)
    for one, two in zip(whole.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, two)


def test_a_question_learns_to_find_its_sentence_in_its_passage(tmp_path: Path) -> None:
    tokenizer = our_tokenizer()
    marks = Marks.of(tokenizer)
    passages = Bags([[4, 5, 6, 7], [8, 9, 10, 11]])
    parts = Bags([[0, 0, 1, 1], [0, 1, 1, 1]])
    questions = Bags([[12], [13], [14], [15]])
    right = [(0,), (1,), (0,), (0, 1)]
    source = Answered(passages, parts, questions, np.array([0, 2, 4]), right)
    recipe = replace(TOY, steps=40, mix={"written-passage": Share(1.0, 4)}, vocabulary_share=0.0)
    student = toy_student(tokenizer)

    def loss() -> float:
        chance = np.random.default_rng(0)
        with torch.no_grad():
            return float(_answer(student, source, np.arange(2), recipe, marks, chance))

    before = loss()
    fit(student, {"written-passage": source}, recipe, marks, tmp_path / "c.pt", 1.0)
    student.eval()
    assert loss() < before / 2


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    tokenizer = our_tokenizer()
    fit(toy_student(tokenizer), toy_sources(), TOY, Marks.of(tokenizer), tmp_path / "c.pt", 1.0)
    other = replace(TOY, seed=8)
    with pytest.raises(ValueError, match="another recipe"):
        fit(
            toy_student(tokenizer),
            toy_sources(),
            other,
            Marks.of(tokenizer),
            tmp_path / "c.pt",
            1.0,
        )


# folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = our_tokenizer()
    path = tmp_path_factory.mktemp("models") / "toy"
    save(toy_student(tokenizer), tokenizer, "a card", path)
    return path


def test_sentence_transformers_reads_the_folder_and_onnxruntime_agrees(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*TEXTS, "", "机 " * 100]
    reference = SentenceTransformer(str(folder), device="cpu").encode(texts)
    served = GraphRunner(folder).run(texts)
    assert reference.shape == served.shape == (7, 32)
    assert (reference * served).sum(1).min() > 0.99
    write_graph(folder, whole_numbers=False)
    np.testing.assert_allclose(GraphRunner(folder).run(texts), reference, atol=1e-5)
    write_graph(folder)


def test_the_student_with_stored_weights_is_what_is_served(folder: Path) -> None:
    tokenizer = our_tokenizer()
    student = toy_student(tokenizer)
    with rounded(student):
        trained = Encoder(student, tokenizer)(TEXTS)
    assert (trained * GraphRunner(folder).run(TEXTS)).sum(1).min() > 0.99


def test_matrices_take_one_byte_a_number(folder: Path) -> None:
    stored = stored_tensors(folder / "model.safetensors")
    assert {s.kind for s in stored.values() if len(s.shape) == 2} == {"F8_E4M3"}
    assert {s.kind for s in stored.values() if len(s.shape) == 1} == {"F32"}


def test_serving_needs_no_torch(folder: Path) -> None:
    code = (
        "import sys, numpy, onnxruntime as o;"
        f"s = o.InferenceSession({str(folder / 'model.onnx')!r});"
        "x = numpy.array([[1, 2]]);"
        "s.run(None, {'input_ids': x, 'attention_mask': x * 0 + 1});"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_saved_folder_replaces_the_one_before(tmp_path: Path) -> None:
    tokenizer = our_tokenizer()
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "stale").touch()
    save(toy_student(tokenizer), tokenizer, "card", tmp_path / "toy")
    assert (tmp_path / "toy" / "README.md").read_text() == "card"
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_every_slot_of_the_card_is_filled() -> None:
    card = model_card(9, 2, {"checkpoint": {}}, {"nDCG@10": 0.5}, {"a": "b"}, {"torch": "2"})
    assert "{{" not in card
    assert "| nDCG@10 | 0.500 |" in card
    assert "| cedict |" in card


def test_other_weights_than_the_teachers_are_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="all-MiniLM-L6-v2"):
        checked_teacher(tmp_path)
