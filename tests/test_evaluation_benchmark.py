"""SQuAD-format files and the metrics on them."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from askreport.errors import QuestionsUnreadable
from askreport.evaluation.benchmark import (
    Benchmark,
    read_squad,
    run_benchmark,
    sentence_benchmark,
)


def squad(path: Path, *paragraphs: tuple[str, Sequence[tuple[str, str]]]) -> Path:
    """One article with paragraphs as (text, [(id, question)])."""
    value = {
        "version": "1.1",
        "data": [
            {
                "title": "t",
                "paragraphs": [
                    {
                        "context": text,
                        "qas": [{"id": i, "question": q, "answers": []} for i, q in questions],
                    }
                    for text, questions in paragraphs
                ],
            }
        ],
    }
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def test_paragraphs_are_passages(tmp_path: Path) -> None:
    path = squad(
        tmp_path / "a.json",
        ("甲", [("1", "谁？"), ("2", "何时？")]),
        ("乙", []),
        ("丙", [("3", "谁？")]),
    )
    assert read_squad(path) == Benchmark(("甲", "乙", "丙"), ("谁？", "何时？", "谁？"), (0, 0, 2))


def test_the_same_text_is_one_passage(tmp_path: Path) -> None:
    path = squad(
        tmp_path / "a.json", ("甲", [("1", "a")]), ("乙", [("2", "b")]), ("甲", [("3", "c")])
    )
    assert read_squad(path) == Benchmark(("甲", "乙"), ("a", "b", "c"), (0, 1, 0))


def test_questions_of_a_second_file_by_id_in_any_order(tmp_path: Path) -> None:
    passages = squad(
        tmp_path / "zh.json", ("甲", [("1", "谁？"), ("2", "何时？")]), ("乙", [("3", "何处？")])
    )
    questions = squad(tmp_path / "en.json", ("B", [("3", "where?")]), ("A", [("1", "who?")]))
    assert read_squad(passages, questions) == Benchmark(("甲", "乙"), ("who?", "where?"), (0, 1))


def test_questions_of_a_second_file_by_position(tmp_path: Path) -> None:
    passages = squad(tmp_path / "zh.json", ("甲", [("1", "谁？")]), ("乙", [("2", "何处？")]))
    questions = squad(tmp_path / "en.json", ("A", [("x", "who?")]), ("B", [("y", "where?")]))
    assert read_squad(passages, questions) == Benchmark(("甲", "乙"), ("who?", "where?"), (0, 1))


def test_a_second_file_that_does_not_fit(tmp_path: Path) -> None:
    passages = squad(tmp_path / "zh.json", ("甲", [("1", "谁？")]), ("乙", [("2", "何处？")]))
    questions = squad(tmp_path / "en.json", ("A", [("x", "who?"), ("y", "where?")]))
    with pytest.raises(QuestionsUnreadable, match=r"en\.json do not fit .* 1 paragraphs with 2"):
        read_squad(passages, questions)


def test_the_layout_of_cmrc_2018(tmp_path: Path) -> None:
    path = tmp_path / "cmrc.json"
    qas = [{"query_id": "Q1", "query_text": "谁？", "answers": ["甲"]}]
    path.write_text(json.dumps([{"context_id": "C", "context_text": "甲", "qas": qas}]), "utf-8")
    assert read_squad(path) == Benchmark(("甲",), ("谁？",), (0,))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "is not JSON"),
        ("7", "a.json: got null as 'data'"),
        ("{}", "a.json: got null as 'data'"),
        ('{"data": []}', "holds no question"),
        ("[]", "holds no question"),
        ('{"data": [3]}', r"data\[0\]: got null as 'paragraphs'"),
        ('{"data": [{"paragraphs": [{"context": " ", "qas": []}]}]}', r"paragraphs\[0\]: got ' '"),
        ('{"data": [{"paragraphs": [{"context": "x"}]}]}', "got null as 'qas'"),
        ('{"data": [{"paragraphs": [{"context": "x", "qas": [{"id": "1"}]}]}]}', "as 'question'"),
        ('[{"context_text": "x", "qas": [{"query_id": 1, "query_text": "y"}]}]', "as 'query_id'"),
    ],
)
def test_files_in_another_format(tmp_path: Path, text: str, phrase: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    with pytest.raises(QuestionsUnreadable, match=phrase):
        read_squad(path)


def test_metrics_of_two_retrievers_by_hand() -> None:
    benchmark = Benchmark(tuple("abcdefghijkl"), ("first", "second"), (0, 1))
    told: list[tuple[int, int]] = []
    result = run_benchmark(
        {
            "dense": lambda question, k: [0, 1, 2],
            "lexical": lambda question, k: [*range(2, 12), 0, 1][:k],
        },
        benchmark,
        lambda done, total: told.append((done, total)),
    ).to_json()
    assert result["passages"] == 12
    assert result["questions"] == 2
    assert result["metrics"] == {
        # ranks 1 and 2: nDCG (1 + 1 / log2 3) / 2, RR (1 + 1/2) / 2
        "dense": {
            "nDCG@10": round((1 + 1 / math.log2(3)) / 2, 4),
            "RR@10": 0.75,
            "R@1": 0.5,
            "R@5": 1.0,
            "R@10": 1.0,
        },
        # ranks 11 and 12
        "lexical": {"nDCG@10": 0.0, "RR@10": 0.0, "R@1": 0.0, "R@5": 0.0, "R@10": 0.0},
    }
    assert set(result["timings_ms"]) == {"dense", "lexical"}
    assert all(value >= 0 for value in result["timings_ms"]["dense"].values())
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_retriever_that_finds_nothing_and_one_that_ignores_k() -> None:
    benchmark = Benchmark(tuple("abcdefghijklm"), ("first",), (12,))
    metrics = run_benchmark({"a": lambda q, k: [], "b": lambda q, k: range(13)}, benchmark).metrics
    assert set(metrics["a"].values()) == set(metrics["b"].values()) == {0.0}


# sentences


def test_an_answer_is_in_the_sentence_where_it_begins() -> None:
    whole = Benchmark(
        ("甲在 北。乙在南。", "丙在东。"),
        ("北在哪？", "谁在南？", "丙呢？", "丁呢？"),
        (0, 0, 1, 1),
        (2, 4, 2, None),
    )
    sentences = ["甲在 北。", "乙在南。", "丙在东。"]
    assert sentence_benchmark(whole, sentences, [0, 0, 1]) == Benchmark(
        tuple(sentences), ("北在哪？", "谁在南？", "丙呢？"), (0, 1, 2)
    )


def test_places_come_from_the_file_of_the_passages(tmp_path: Path) -> None:
    text = "甲在 北。乙在南。"
    answer = {"text": "南", "answer_start": text.index("南")}
    for name, question, answers in (("zh", "乙在哪？", [answer]), ("en", "where?", [])):
        asked = {"id": "1", "question": question, "answers": answers}
        value = {"data": [{"paragraphs": [{"context": text, "qas": [asked]}]}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    found = read_squad(tmp_path / "zh.json", tmp_path / "en.json")
    assert found.questions == ("where?",)
    assert found.answers == (6,)


def test_without_places_there_is_nothing_to_measure() -> None:
    with pytest.raises(QuestionsUnreadable, match="answer_start"):
        sentence_benchmark(Benchmark(("甲。",), ("谁？",), (0,), (None,)), ["甲。"], [0])
