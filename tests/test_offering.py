"""Questions offered to a reader who cannot read the report's language."""

import pytest

from askreport import Assistant
from askreport.schema import Answer, Report
from askreport.web.offering import FIRST, NEXT, first_questions, following_questions
from askreport.web.strings import CHINESE, ENGLISH
from tests.e2e.fake_assistant import cite
from tests.e2e.samples import make_report

OWN = ["甲是什么？"]


def chinese() -> Report:
    return make_report(
        "a.txt",
        {
            "TOP1：芯片": [
                "Acme-7 是新的。Acme-7 很快，acme-7 也省电。它由 Bolt 做。见 x@Mail.Net。"
            ],
            "TOP2：电池": ["Bolt 做电池。Zeta Cell 轻。Zeta Cell 便宜。AB 和 AB 不算。"],
            "第三章：其他": ["Once 只说一次。没有别的名字，只有很多中文，讲了很多事情。"],
        },
        opening="两种设备的年度报告",
    )


def english() -> Report:
    line = "The XR-9 runs. Old machines and The XR-9 stand side by side in March."
    return make_report("b.txt", {"Part 1：Motors": [line], "Part 2：Paper": ["Paper is thin."]})


def test_a_reader_of_the_language_is_offered_the_reports_own_words() -> None:
    assert first_questions([chinese()], CHINESE, OWN) == OWN
    assert first_questions([english()], ENGLISH, OWN) == OWN
    assert first_questions([], ENGLISH, OWN) == OWN
    assert first_questions([chinese(), english()], ENGLISH, OWN) == OWN  # he can read one of them


def test_others_are_offered_what_they_can_read() -> None:
    assert first_questions([chinese()], ENGLISH, OWN) == [
        "What does this report cover?",
        "What does the report say about Acme-7?",
        "What does the report say about Zeta Cell?",
    ]
    assert first_questions([english()], CHINESE, OWN) == [
        "这份报告讲了哪些内容？",
        "关于 XR-9，报告说了什么？",
        "Part 2 讲了什么？",
    ]


def test_next_questions_go_on_from_what_was_cited() -> None:
    report = chinese()
    first = next(s for s in report.sentences if report.text[s.start : s.end] == "Bolt 做电池。")
    answer = Answer("?", "x[1]", False, 0.9, "quote", (cite(report, first, 1),))
    about_cell, about_two = "What does the report say about Zeta Cell?", "What is TOP2 about?"
    about_acme = "What does the report say about Acme-7?"
    following = following_questions([report], answer, (), ENGLISH)
    assert following == [about_cell, about_two, about_acme]
    assert following_questions([report], answer, (about_two,), ENGLISH) == [
        about_cell,
        about_acme,
        "What is TOP1 about?",
    ]
    told = Answer("?", "zeta cell 轻。[1]", False, 0.9, "quote", (cite(report, first, 1),))
    assert following_questions([report], told, (), ENGLISH)[0] == about_two
    assert "关于" in following_questions([report], answer, (), CHINESE)[0]
    assert following_questions([], answer, (), ENGLISH) == []


@pytest.mark.parametrize("asked_first", [False, True])
def test_the_chat_answers_what_is_offered(assistant: Assistant, asked_first: bool) -> None:
    """Every question offered at first, and every one that is offered after an answer to these."""
    offered = first_questions(assistant.reports, ENGLISH, OWN)
    assert len(offered) == FIRST
    if asked_first:
        answers = [assistant.ask(question) for question in offered]
        next_ones = [following_questions(assistant.reports, a, offered, ENGLISH) for a in answers]
        assert [len(questions) for questions in next_ones] == [NEXT] * FIRST
        offered = list(dict.fromkeys(question for questions in next_ones for question in questions))
    [report] = assistant.reports
    for question in offered:
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in question)
        answer = assistant.ask(question)
        assert not answer.refused, question
        name = question.removeprefix("What does the report say about ").rstrip("?")
        if name != question.rstrip("?"):
            assert name.casefold() in answer.answer.casefold(), question
        for chapter in report.chapters:
            if question == f"What is {chapter.label} about?":
                assert {citation.chapter for citation in answer.citations} == {chapter.label}
