"""Answers by quoting."""

import pytest

from askreport import Assistant
from askreport.answering.outline import asks_for_outline


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


def test_chapter_1_is_not_chapter_10(assistant: Assistant) -> None:
    assert {c.chapter for c in assistant.ask("请概括 TOP10").citations} == {"TOP10"}
    assert {c.chapter for c in assistant.ask("请概括 TOP1").citations} == {"TOP1"}


def test_an_announcement_brings_its_items(assistant: Assistant) -> None:
    answer = assistant.ask("日本将半导体产业的复兴分为哪三个阶段？")
    quotes = [citation.quote for citation in answer.citations]
    for mark in ("（1）", "（2）", "（3）"):
        assert any(quote.startswith(mark) for quote in quotes)


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
