"""Answers by quoting."""

from pathlib import Path

import pytest

from askreport import Answer, Assistant, build_index, open_assistant
from askreport.answering.listing import announced
from askreport.answering.outline import asks_for_outline, chapter_asked_about
from askreport.answering.phrases import frame
from askreport.index import open_index
from askreport.reading import read_report
from askreport.schema import Report


@pytest.mark.parametrize(
    "question",
    [
        "这份报告讲了哪十大趋势？", "报告主要讲了什么？", "这份报告的目录是什么", "总结一下这份报告",
        "What is this report about?", "Which trends does the report cover?", "summarize the report",
        "全文提到了哪些趋势？",
    ],
)  # fmt: skip
def test_questions_about_the_whole(question: str) -> None:
    assert asks_for_outline(question)


@pytest.mark.parametrize(
    "question",
    [
        "报告提到了哪些国家的芯片政策以及它们的投资金额分别是多少？", "什么是低空经济？",
        "报告指出这一代互联网暴露出了哪三大问题？", "What does the report say about batteries in cars?",
        "报告为什么认为生态很重要？", "报告提到了哪些公司？", "报告说了什么原因导致破产？",
        "关于产业数字化，报告说了什么？", "总结报告对芯片产业的看法",
        "What trends does the report see in batteries?",
    ],
)  # fmt: skip
def test_questions_about_a_part(question: str) -> None:
    assert not asks_for_outline(question)


def test_the_outline_cites_every_chapter(assistant: Assistant) -> None:
    answer = assistant.ask("这份报告讲了哪十大趋势？")
    assert [citation.chapter for citation in answer.citations] == [f"TOP{n}" for n in range(1, 11)]
    assert not answer.refused
    assert "10" in answer.answer


@pytest.mark.parametrize("question", ["总结一下TOP7", "TOP7 讲了什么？", "What is top7 about?"])
def test_a_chapter_is_summed_up_by_its_title_and_key_sentences(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert {citation.chapter for citation in answer.citations} == {"TOP7"}
    assert answer.citations[0].quote.startswith("TOP7：")
    assert len(answer.citations) == 7


def test_a_chapter_is_named_by_its_number(assistant: Assistant) -> None:
    answer = assistant.ask("那第二名呢？", [{"q": "这份报告讲了哪十大趋势？", "a": "……"}])
    assert {citation.chapter for citation in answer.citations} == {"TOP2"}
    assert chapter_asked_about("第十一名呢？", assistant.reports) is None


def reports_of(tmp_path: Path, text: str) -> list[Report]:
    path = tmp_path / "report.md"
    path.write_text(text, encoding="utf-8")
    return [read_report(path)]


@pytest.mark.parametrize(
    ("question", "chapter"),
    [
        ("What is chapter 2 about?", "Chapter 2: Costs"),
        ("And the 2nd one?", "Chapter 2: Costs"),
        ("Chapter 3", None),
        ("Preface 讲了什么？", "Preface"),
        ("What does the preface say about costs?", None),
        ("What are prefaces about?", None),
        ("Preface", "Preface"),
        ("Chapter 1: Aims", "Chapter 1: Aims"),
        ("chapter 1: aims?", "Chapter 1: Aims"),
    ],
)
def test_a_chapter_goes_by_its_own_number_and_name(
    tmp_path: Path, question: str, chapter: str | None
) -> None:
    text = "# Preface\n\nHello.\n\n# Chapter 1: Aims\n\nA.\n\n# Chapter 2: Costs\n\nB.\n"
    found = chapter_asked_about(question, reports_of(tmp_path, text))
    assert (found and found[1].title) == chapter


def test_a_rank_is_no_place_of_a_chapter_without_a_number(tmp_path: Path) -> None:
    reports = reports_of(tmp_path, COMPANIES)
    assert chapter_asked_about("第二名是谁？", reports) is None
    found = chapter_asked_about("第二章讲了什么？", reports)
    assert found is not None
    assert found[1].title == "乙公司"


def test_chapter_1_is_not_chapter_10(assistant: Assistant) -> None:
    assert {c.chapter for c in assistant.ask("请概括 TOP10").citations} == {"TOP10"}
    assert {c.chapter for c in assistant.ask("请概括 TOP1").citations} == {"TOP1"}


def test_an_announcement_brings_its_items(assistant: Assistant) -> None:
    answer = assistant.ask("日本将半导体产业的复兴分为哪三个阶段？")
    quotes = [citation.quote for citation in answer.citations]
    for mark in ("（1）", "（2）", "（3）"):
        assert any(quote.startswith(mark) for quote in quotes)


def test_the_lines_of_a_bulleted_list_come_whole_and_no_line_more(tmp_path: Path) -> None:
    report = tmp_path / "r.md"
    report.write_text(
        "# Heat\n\nThe city has a network. The heat comes from these sources:\n\n- burning of waste: 46 per cent\n"
        "- a heat pump: 15 per cent\n- gas boilers: 9 per cent\n\nThe share of gas fell last year.\n"
    )
    build_index([report], index_dir=tmp_path / "index")
    index = open_index(tmp_path / "index")
    texts = [index.text(unit) for unit in index.sentences]
    items = announced(index, texts.index("The heat comes from these sources:"))
    assert [texts[item].rpartition(": ")[2] for item in items] == [
        "46 per cent",
        "15 per cent",
        "9 per cent",
    ]


@pytest.mark.parametrize(
    "question",
    ["特斯拉的大圆柱形电池有多高？", "Why did WeWork fail?", "数字化转型失败的原因有哪些？"],
)
def test_quotes_are_in_reading_order_with_one_marker_each(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    starts = [citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    for citation in answer.citations:
        assert answer.answer.count(f"[{citation.number}]") == 1
        assert citation.quote.strip() in answer.answer


COMPANIES = """# 甲公司

甲公司成立于一九九零年，生产家用电器。它的总部设在上海的一座旧厂房里。

甲公司去年的研发投入是三亿元。员工大多住在附近。

# 乙公司

乙公司去年的研发投入是五亿元。其实乙公司最早是一家卖面包的小店。

乙公司的食堂每天供应三种汤。
"""


def ask_about(text: str, tmp_path: Path, question: str) -> Answer:
    report = tmp_path / "report.md"
    report.write_text(text, encoding="utf-8")
    build_index([report], tmp_path / "index")
    return open_assistant(tmp_path / "index", answer__refuse_below=0).ask(question)


def ask_about_companies(tmp_path: Path, question: str) -> Answer:
    return ask_about(COMPANIES, tmp_path, question)


@pytest.mark.parametrize("question", ["甲公司在哪里？", "甲公司和乙公司有什么区别？"])
def test_a_report_of_headings_alone_has_no_answer(tmp_path: Path, question: str) -> None:
    assert ask_about("# 甲公司\n\n# 乙公司\n", tmp_path, question).refused


def test_a_list_inside_of_an_item_is_none_of_the_list(tmp_path: Path) -> None:
    text = (
        "公司的计划分为三个阶段：\n\n1）先建工厂，其条件有两点。一是选好地址。二是拿到许可。\n\n"
        "1.5 亿元用于此。\n\n2）再招工人。\n\n3）最后开始生产。\n"
    )
    answer = ask_about(text, tmp_path, "公司的计划分为哪三个阶段？")
    quotes = [citation.quote for citation in answer.citations]
    assert "报告列出 3 项：" in answer.answer
    assert [q[:2] for q in quotes if "）" in q] == ["1）", "2）", "3）"]


def test_a_sentence_that_points_back_is_quoted_with_the_one_before(tmp_path: Path) -> None:
    answer = ask_about_companies(tmp_path, "总部设在哪里？")
    quotes = [citation.quote for citation in answer.citations]
    whole = "甲公司成立于一九九零年，生产家用电器。它的总部设在上海的一座旧厂房里。"
    assert whole in quotes or {whole[:19], whole[19:]} <= set(quotes)


def test_actually_does_not_point_back(tmp_path: Path) -> None:
    answer = ask_about_companies(tmp_path, "乙公司最早卖什么？")
    assert "其实乙公司最早是一家卖面包的小店。" in [c.quote for c in answer.citations]


def test_a_comparison_quotes_both_sides(tmp_path: Path) -> None:
    answer = ask_about_companies(tmp_path, "甲公司和乙公司的研发投入分别是多少？")
    assert "三亿元" in answer.answer
    assert "五亿元" in answer.answer
    assert {"甲公司", "乙公司"} == {citation.chapter for citation in answer.citations}


def test_a_sentence_about_both_sides_comes_with_them(tmp_path: Path) -> None:
    text = COMPANIES + "\n乙公司的食堂比甲公司的食堂小一半。\n"
    answer = ask_about(text, tmp_path, "甲公司的食堂和乙公司的食堂相比怎么样？")
    assert "乙公司的食堂比甲公司的食堂小一半。" in [c.quote for c in answer.citations]


def test_a_chapter_that_is_named_is_where_the_answer_is_looked_for(tmp_path: Path) -> None:
    text = "# 第一章 茶\n\n茶园在山上。茶价是十元。\n\n# 第二章 米\n\n稻田在水边。米价是三元。\n"
    answer = ask_about(text, tmp_path, "第二章里说的价格是多少？")
    assert {citation.chapter for citation in answer.citations} == {"第二章 米"}
    assert "三元" in answer.answer


def test_a_summary_opens_with_the_title_of_its_chapter(tmp_path: Path) -> None:
    answer = ask_about_companies(tmp_path, "请总结乙公司的研发和食堂")
    assert answer.citations[0].quote == "乙公司"
    assert {citation.chapter for citation in answer.citations} == {"乙公司"}


def test_a_question_in_another_language_is_told_where_the_quotes_stand(tmp_path: Path) -> None:
    answer = ask_about_companies(tmp_path, "How much did company 乙公司 invest in research?")
    assert answer.answer.startswith("The report says, in chapter ")


def test_places_are_named_once_each() -> None:
    places = [("A", 3), ("A", 3), ("A", 5), (None, 4), (None, None)]
    assert frame(places, "en") == "The report says, in chapter A, pages 3, 5; page 4:"
    assert frame(places, "zh") == "报告原文（A，第 3、5 页；第 4 页）："
    assert frame([("A", None)], "en") == "The report says, in chapter A:"
    assert frame([(None, None)], "zh") == "报告原文："
