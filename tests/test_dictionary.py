"""English words and what they are in Chinese."""

import sys
from pathlib import Path

import pytest

from askreport.dictionary import translated
from askreport.lexical import stem

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from make_dictionary import entries


@pytest.mark.parametrize(
    ("question", "word", "translation"),
    [
        ("Where is the library?", "library", "图书馆"),
        ("How many elephants are there?", "elephants", "大象"),
        ("Who teaches artificial intelligence?", "artificial intelligence", "人工智能"),
        ("Germany's rivers", "germany", "德国"),
    ],
)
def test_words_and_phrases_are_translated(question: str, word: str, translation: str) -> None:
    [alternatives] = [unit for unit in translated(question) if unit[0] == word]
    assert translation in alternatives


@pytest.mark.parametrize(
    ("question", "word", "translation"),
    [
        ("图书馆在哪里？", "图书馆", "library"),
        ("人工智能由谁来教？", "人工智能", "artificial intelligence"),
        ("德国的河流有多长", "河流", "river"),
    ],
)
def test_chinese_words_are_translated(question: str, word: str, translation: str) -> None:
    [alternatives] = [unit for unit in translated(question) if unit[0] == word]
    assert " ".join(map(stem, translation.split())) in alternatives


def test_latin_words_and_numbers_of_a_chinese_question_stay_themselves() -> None:
    units = translated("ＲＩＳＣ 在 2023 年？")
    assert units[:2] == [["risc"], ["2023"]]


def test_words_of_grammar_are_left_out_and_unknown_ones_stay_themselves() -> None:
    assert translated("What is the XK-42 of it?") == [["xk"], ["42"], ["what is", "何谓"]]
    assert translated("") == translated("这是什么？") == []


def test_endings_make_no_difference() -> None:
    assert stem("investing") == stem("invested") == stem("invests") == stem("invest")


def test_a_dictionary_is_turned_round() -> None:
    glosses = {
        "银行": ["bank", "the banks"],
        "岸": ["bank"],
        "河岸": ["riverside", "bank"],
        "走": ["to walk"],
    }
    assert entries(glosses) == {
        "bank": ["银行", "河岸"],
        "riversid": ["河岸"],
        "walk": ["走"],
    }
