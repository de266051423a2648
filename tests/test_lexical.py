"""BM25 and its tokens."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.lexical import BM25, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("，。 \n", []),
        ("芯", ["芯"]),
        ("芯片业", ["芯", "片", "业", "芯片", "片业"]),
        ("H100 芯片", ["h100", "h", "100", "芯", "片", "芯片"]),
        ("ＲＩＳＣ－Ｖ", ["risc", "v"]),
        ("达到65,536个", ["达", "到", "达到", "65536", "个"]),
        ("增长71.8%", ["增", "长", "增长", "71.8"]),
        ("don't_stop", ["don", "t", "stop"]),
        ("What is the cost of it?", ["cost"]),
        ("Investing: invested batteries", ["invest", "invest", "batteri"]),
        ("カタカナ", ["カ", "タ", "カ", "ナ", "カタ", "タカ", "カナ"]),
        ("😀", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@given(st.text(max_size=200))
def test_tokens_never_hold_white_space_and_are_lower_case(text: str) -> None:
    for token in tokenize(text):
        assert token
        assert not any(c.isspace() for c in token)


def test_a_text_that_shares_rare_words_scores_highest() -> None:
    bm25 = BM25.build(["量子芯片发布", "电池与汽车", "量子计算的生态"])
    scores = bm25.scores("量子芯片")
    assert scores.shape == (3,)
    assert int(scores.argmax()) == 0
    assert scores[1] == 0


def test_score_is_the_lucene_formula() -> None:
    bm25 = BM25.build(["a b", "a c"])
    # idf(b) = ln(1 + (2 - 1 + 0.5) / (1 + 0.5)) = ln 2; tf part = 1 / (1 + 1.2), both texts of mean length
    assert bm25.scores("b") == pytest.approx([math.log(2) / 2.2, 0], abs=1e-6)


def test_coverage_is_one_where_every_word_is_held_and_less_where_one_is_unknown() -> None:
    bm25 = BM25.build(["a b", "a c"])
    assert bm25.coverage("b", bm25.scores("b")) == pytest.approx(1)
    # idf of an unknown word = ln(1 + 2.5 / 0.5) = ln 6
    assert bm25.coverage("b x", bm25.scores("b x")) == pytest.approx(
        math.log(2) / (math.log(2) + math.log(6)), abs=1e-6
    )
    assert bm25.coverage("？", bm25.scores("？")) == 0


@pytest.mark.parametrize("texts", [["量子芯片", "battery 4680"], ["", "…"], [""]])
def test_saved_and_loaded_gives_the_same_scores(texts: list[str], tmp_path) -> None:
    bm25 = BM25.build(texts)
    bm25.save(tmp_path / "bm25")
    loaded = BM25.load(tmp_path / "bm25")
    for query in ("量子", "4680", "nothing", ""):
        np.testing.assert_array_equal(loaded.scores(query), bm25.scores(query))
        assert loaded.scores(query).shape == (len(texts),)


def test_a_unit_is_held_by_whoever_holds_one_of_its_alternatives() -> None:
    bm25 = BM25.build(["甲乙丙", "丁戊己", "甲丙乙"])
    scores = bm25.structured_scores([["xyz", "乙丙", "丁戊己"]])
    # two of three hold it: idf = ln(1 + 1.5 / 2.5); tf part = 1 / 2.2, all texts of one length
    assert scores == pytest.approx([math.log(1.6) / 2.2, math.log(1.6) / 2.2, 0], abs=1e-6)


def test_units_add_up_and_what_is_unknown_adds_nothing() -> None:
    bm25 = BM25.build(["甲乙 rust", "甲乙", "丙"])
    both = bm25.structured_scores([["甲乙"], ["rust"], ["nothing", "无"], []])
    one = bm25.structured_scores([["甲乙"]])
    assert both[0] > both[1] == one[1] > 0 == both[2]
    assert not BM25.build([]).structured_scores([["甲"]]).size
    assert not BM25.build(["，"]).structured_scores([["甲"]]).any()
