"""Fusion and search over the real index."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport import Assistant, retrieval
from askreport.config import BUNDLED
from askreport.embedding import make_embeddings
from askreport.index import open_index
from askreport.retrieval import (
    FULL_COVERAGE,
    MODES,
    Mode,
    ReportRetriever,
    Searcher,
    lexical_weight,
    standardize,
    without_self_reference,
)


def test_standard_scores_have_mean_0_and_deviation_1() -> None:
    # mean 2, deviation 1
    assert standardize(np.array([1, 3], dtype=np.float32)) == pytest.approx([-1, 1])
    assert standardize(np.array([5, 5, 5], dtype=np.float32)) == pytest.approx([0, 0, 0])
    assert standardize(np.array([], dtype=np.float32)).shape == (0,)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=30))
def test_standard_scores_keep_the_order(values: list[float]) -> None:
    scores = np.array(values, dtype=np.float32)
    order = np.argsort(scores, kind="stable")
    assert (np.diff(standardize(scores)[order]) >= 0).all()


def test_the_lexical_side_counts_as_much_as_it_covers() -> None:
    assert lexical_weight(0) == 0
    assert lexical_weight(FULL_COVERAGE) == 1
    assert lexical_weight(1) == 1
    assert lexical_weight(FULL_COVERAGE / 2) < 1 / 2


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("报告认为哪两家公司领先？", "哪两家公司领先？"),
        ("按报告的说法，成本是多少？", "成本是多少？"),
        ("这份报告里提到的电池有哪些？", "电池有哪些？"),
        ("深圳哪一年把它写进政府工作报告？", "深圳哪一年把它写进政府工作报告？"),
        ("报告期内的收入是多少？", "报告期内的收入是多少？"),
        ("报告中国经济增长多少？", "中国经济增长多少？"),
        ("Which areas are covered, according to the report?", "Which areas are covered ?"),
        ("What does the report say about chips?", "What  about chips?"),
        ("报告", "报告"),
        ("", ""),
    ],
)
def test_the_report_itself_is_not_looked_up(question: str, expected: str) -> None:
    assert without_self_reference(question) == expected


@pytest.fixture(scope="module")
def searchers(report_index) -> dict[Mode, Searcher]:
    index = open_index(report_index)
    embeddings = make_embeddings(BUNDLED)
    return {mode: Searcher(index, embeddings, mode) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_finds_a_literal_question(searchers: dict[Mode, Searcher], mode: Mode) -> None:
    index = searchers[mode].index
    target = index.text(index.passages[40])
    assert searchers[mode].search(target).best_passages(1) == [40]


@pytest.mark.parametrize("mode", MODES)
def test_a_question_of_no_words_finds_something_and_breaks_nothing(
    searchers: dict[Mode, Searcher], mode: Mode
) -> None:
    found = searchers[mode].search("？？？")
    assert np.isfinite(found.passages).all()
    assert len(found.best_passages(10)) == 10
    assert found.coverage == 0


def test_an_english_question_is_not_drowned_by_the_blind_side(
    searchers: dict[Mode, Searcher],
) -> None:
    question = "Why should people be careful when lithium batteries overheat?"
    assert searchers["hybrid"].search(question).coverage < FULL_COVERAGE
    hybrid = searchers["hybrid"].search(question).best_passages(5)
    dense = searchers["dense"].search(question).best_passages(5)
    assert len(set(hybrid) & set(dense)) >= 3


def test_a_dictionary_leads_an_english_question_to_the_words_of_the_report(
    searchers: dict[Mode, Searcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = searchers["hybrid"]
    index = searcher.index
    holding = ["韩国" in index.text(unit) for unit in index.passages]
    assert any(holding)
    english, chinese = "What is written about South Korea?", "韩国怎么样？"
    found, same = searcher.search(english), searcher.search(chinese)
    monkeypatch.setattr(retrieval, "DICTIONARY_WEIGHT", 0.0)
    without = searcher.search(english)
    assert found.passages[holding].mean() > without.passages[holding].mean()
    assert (same.passages == searcher.search(chinese).passages).all()


def test_the_retriever_is_a_langchain_retriever(searchers: dict[Mode, Searcher]) -> None:
    retriever = ReportRetriever(searcher=searchers["hybrid"], k=3)
    documents = retriever.invoke("什么是低空经济？")
    assert len(documents) == 3
    scores = [document.metadata["score"] for document in documents]
    assert scores == sorted(scores, reverse=True)


def test_documents_are_slices_of_the_report(assistant: Assistant) -> None:
    [report] = assistant.reports
    for document in assistant.search("RISC-V 有哪些应用？", k=10):
        start, end = document.metadata["start"], document.metadata["end"]
        assert report.text[start:end] == document.page_content
        assert document.metadata["report"] == report.name
        assert document.metadata["page"] == report.page_at(start)
