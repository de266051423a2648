"""When to refuse: names that the report lacks, and pieces of a question that nothing meets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from askreport import Answer, build_index, open_assistant
from askreport.answering import alignment
from askreport.answering.alignment import Candidate
from askreport.answering.names import lacking, names_in


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("Hugging Face 有多少模型？", "HuggingFace 上有许多模型。", set()),
        ("HuggingFace 有多少模型？", "Hugging Face 上有许多模型。", set()),
        ("OpenAI 是什么？", "Open-AI 是一家公司。", set()),
        ("Deep Seek 是什么？", "deepseek 是一个模型。", set()),
        ("ART 是什么？", "smart 手机。", {"art"}),
        ("Art 是什么？", "Start 按钮，SmartPhone 手机。", {"art"}),
        ("H100 在 2024 年卖了多少？", "H800 在 2023 年卖得很好。", {"h100", "2024"}),
        ("2024 年是 1,000 台吗？", "２０２４年有 1000 台。", set()),
        ("AI 是什么？", "OpenAI 是一家公司。", {"ai"}),
    ],
)
def test_names_that_a_text_lacks(question: str, text: str, missing: set[str]) -> None:
    assert lacking(names_in(question), text) == missing


Ask = Callable[[str], Answer]


def candidate(sentence: str, before: str = "", after: str = "", passage: str = "") -> Candidate:
    return Candidate(sentence, before, after, passage or before + sentence + after)


TOWER = "东方塔位于海边的新城区。"
HEIGHT = "东方塔的高度是468米。"


def test_a_sentence_that_says_all_of_the_question_meets_it_wholly() -> None:
    values = alignment.features("东方塔的高度", [candidate(HEIGHT)])
    assert values == pytest.approx(
        {
            "aligned": 1,
            "aligned_alone": 1,
            "aligned_passage": 1,
            "aligned_anywhere": 1,
            "weakest": 0,
            "figure_gap": 0,
        }
    )


def test_the_piece_that_is_asked_for_and_not_met_is_the_weakest() -> None:
    told = alignment.features("东方塔的高度是多少？", [candidate(HEIGHT), candidate(TOWER)])
    silent = alignment.features("东方塔的高度是多少？", [candidate(TOWER)])
    assert silent["weakest"] > told["weakest"]
    assert all(silent[name] < told[name] for name in alignment.FEATURES[:4])


def test_neighbours_and_the_passage_help_less_than_the_sentence_itself() -> None:
    question = "东方塔的高度"
    alone, beside, passage, nowhere = (
        alignment.features(question, [found])["aligned"]
        for found in (
            candidate(HEIGHT),
            candidate("它很有名。", before=HEIGHT),
            candidate("它很有名。", passage=HEIGHT + "它很有名。"),
            candidate("它很有名。"),
        )
    )
    assert (alone, beside, passage) == pytest.approx((1, 0.9, 0.8))
    assert nowhere < passage


def test_what_all_sentences_meet_counts_half() -> None:
    """So a sentence with the asked word leads by more than its share of the whole weight."""
    other = candidate("东方塔很有名。")
    values = alignment.features("东方塔的高度", [other, candidate(TOWER)])
    assert values["aligned"] < values["aligned_alone"]


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        ("东方塔的高度是468米，它位于新城区。", True),
        ("东方塔的高度很有名，它位于新城区，有12家商店。", False),
    ],
)
def test_a_figure_counts_where_its_clause_meets_the_question(sentence: str, held: bool) -> None:
    gap = alignment.features("东方塔的高度是多少？", [candidate(sentence)])["figure_gap"]
    assert (gap < 0.1) == held


def test_a_number_that_the_question_says_itself_is_no_figure() -> None:
    question = "2024年东方塔有多少游客？"
    with_figure = alignment.features(question, [candidate("2024年东方塔有300万游客。")])
    without = alignment.features(question, [candidate("2024年东方塔有许多游客。")])
    assert with_figure["figure_gap"] < 0.1 < without["figure_gap"]


@pytest.mark.parametrize("question", ["", "？", "的"])
def test_a_question_that_says_nothing_is_met_by_nothing(question: str) -> None:
    assert set(alignment.features(question, [candidate(TOWER)]).values()) == {0}


def test_without_sentences_nothing_is_met() -> None:
    assert set(alignment.features("东方塔的高度", []).values()) == {0}


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    folder: Path = tmp_path_factory.mktemp("towers")
    (folder / "report.md").write_text(
        "# 城市建筑\n\n东方塔位于海边的新城区，1995年开始建造。东方塔的高度是468米，是全市最高的建筑。"
        "每年约有300万游客登塔。\n\n西山大桥连接两个老城区。大桥由市政公司管理，全长2100米。"
        "设计师林青负责大桥的照明。\n\n市图书馆藏书200万册，周一闭馆。图书馆在周末举办讲座。\n",
        encoding="utf-8",
    )
    build_index([folder / "report.md"], index_dir=folder / "index")
    assistant = open_assistant(folder / "index")
    return assistant.ask


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        ("东方塔的高度是多少？", "东方塔的造价是多少？"),
        ("谁负责大桥的照明？", "谁负责大桥的安全检查？"),
        ("每年有多少游客登塔？", "火山为什么会喷发？"),
    ],
)
def test_what_is_told_is_more_likely_answered_than_what_is_not(
    ask: Ask, told: str, silent: str
) -> None:
    assert ask(told).confidence > ask(silent).confidence
    assert not ask(told).refused
