"""Questions made from sentences: by rule in two languages, by a chat model, and what is kept."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.evaluation.questions import read_questions
from askreport.evaluation.suggesting import (
    chinese,
    english,
    suggest_questions,
    suggest_with_model,
    to_json_lines,
)
from askreport.evaluation.suggesting.drafts import Draft
from askreport.reading import read_report
from askreport.schema import Report

CHINESE = """第一章 水利

灌溉渠网是指把水库的水送到农田的人工水道。2021 年 3 月，省水利局发布了《节水灌溉条例》。
全省灌溉渠网总长度达到 4,200 公里，渗漏损失占总供水量的 18%。

第二章 设备

水泵站主要由进水池、泵房、出水管组成。新型水泵的优势是耗电少、噪音低。
由于上游淤泥堆积，大坝的蓄水能力逐年下降。这是一个问题。其中 30% 需要更换。
"""
ENGLISH = """# Water

A spillway is a structure that lets surplus water leave a dam safely. The network includes dams, pumps, and canals.

# People

The authority employs 1,250 people in all. The oldest dam was finished in 1931 by prisoners. They were 40 strong.
"""


@pytest.fixture
def reports(tmp_path: Path) -> tuple[Report, ...]:
    (tmp_path / "zh.txt").write_text(CHINESE, encoding="utf-8")
    return (read_report(tmp_path / "zh.txt"),)


def asked(draft: Draft) -> tuple[str, tuple[tuple[str, ...], ...]]:
    return draft.question, draft.keys


@pytest.mark.parametrize(
    ("sentence", "question", "keys"),
    [
        ("灌溉渠网是指把水库的水送到农田的人工水道。", "什么是灌溉渠网？", (("人工水道",),)),
        ("新型水泵的优势是耗电少、噪音低。", "新型水泵的优势是什么？", (("耗电少、噪音低",),)),
        (
            "2021 年 3 月 5 日，省水利局发布了节水条例。",
            "省水利局是什么时候发布节水条例的？",
            (("2021年3月5日", "3月5日"),),
        ),
        ("省水利局在 2021 年成立节水办公室。", "省水利局是什么时候成立节水办公室的？", (("2021年",),)),
        ("全省灌溉渠网总长度达到 4,200 公里。", "全省灌溉渠网总长度达到多少公里？", (("4,200", "4200"),)),
        ("目前，渗漏损失占总供水量的 18％。", "渗漏损失占总供水量的百分之几？", (("18%",),)),
        ("全省水库的蓄水总量约 300多亿吨。", "全省水库的蓄水总量多少吨？", (("300多亿",),)),
        ("水泵站由进水池、泵房和出水管组成。", "水泵站由哪些部分组成？", (("进水池",), ("泵房",), ("出水管",))),
        ("水质检测包括酸碱、重金属、细菌等三类指标。", "水质检测包括哪些指标？", (("酸碱",), ("重金属",), ("细菌",))),
        ("2021 年，省水利局发布了修订后的《节水条例》。", "2021 年，省水利局发布了什么？", (("《节水条例》",),)),
        ("由于上游淤泥堆积，大坝的蓄水能力逐年下降。", "为什么大坝的蓄水能力逐年下降？", (("上游淤泥堆积",),)),
    ],
)  # fmt: skip
def test_chinese_rules(sentence: str, question: str, keys: tuple[tuple[str, ...], ...]) -> None:
    assert (question, keys) in [asked(draft) for draft in chinese.drafts(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "这是指把水送到农田的人工水道。",
        "其中 30% 的水泵需要更换。",
        "水泵要不要更换？",
        "如下图所示，水泵占 30%。",
        "第 3 台水泵已经停止工作。",
        "在省水利局的 60 分钟专题节目中，局长发言。",
        "水泵将于 2030 年成立。",
        "A100型水泵正在运行。",
    ],
)
def test_chinese_sentences_without_a_question(sentence: str) -> None:
    assert list(chinese.drafts(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "question", "keys"),
    [
        (
            "A spillway is a structure that lets water leave a dam.",
            "What is a spillway?",
            (("structure that lets water",),),
        ),
        ("Losses of the network fell to 18 percent.", "According to the report, Losses of the network fell to what percentage?", (("18 percent", "18%"),)),
        ("The authority employs 1,250 engineers.", "According to the report, the authority employs how many engineers?", (("1,250", "1250"),)),
        ("The dam was finished in 1931.", "According to the report, the dam was finished in what year?", (("1931",),)),
        ("However, the dams cost about $3.2 million.", "According to the report, the dams cost how much money?", (("$3.2 million",),)),
        ("The network includes dams, pumps, and canals.", "What does the network include?", (("dams",), ("pumps",), ("canals",))),
        ("The main challenge of the decade is the silt.", "What is the main challenge of the decade?", (("silt",),)),
        ("Farmers in the valley pay less because their water is not treated.", "Why is it that Farmers in the valley pay less?", (("their water is not",),)),
    ],
)  # fmt: skip
def test_english_rules(sentence: str, question: str, keys: tuple[tuple[str, ...], ...]) -> None:
    assert (question, keys) in [asked(draft) for draft in english.drafts(sentence)]


@pytest.mark.parametrize(
    "sentence", ["", "It is a dam that is old.", "This grew by 18%.", "Is it 5%?"]
)
def test_english_sentences_without_a_question(sentence: str) -> None:
    assert list(english.drafts(sentence)) == []


@given(st.text(alphabet="水泵 是指包括、，。的2019年3月5日 18%个（）“”发布了由于超过", max_size=60))
def test_no_sentence_breaks_a_rule_and_no_question_gives_itself_away(sentence: str) -> None:
    for draft in [*chinese.drafts(sentence), *english.drafts(sentence)]:
        assert draft.reads_well()


def test_suggestions_of_a_report(reports: tuple[Report, ...], tmp_path: Path) -> None:
    suggested = suggest_questions(reports, 20)
    assert [one.id for one in suggested] == [
        f"suggested-{n:03}" for n in range(1, len(suggested) + 1)
    ]
    assert {one.section for one in suggested} >= {chapter.label for chapter in reports[0].chapters}
    assert len({one.question for one in suggested}) == len(suggested) >= 6
    text = "".join(reports[0].text.split())
    for one in suggested:
        assert text.count("".join(one.evidence[0].split())) == 1
        assert not one.question.startswith(("这", "其"))
    path = tmp_path / "suggested.jsonl"
    path.write_text(to_json_lines(suggested), encoding="utf-8")
    assert read_questions(path) == suggested


def test_suggestions_are_the_same_again_and_a_beginning_of_more(
    reports: tuple[Report, ...],
) -> None:
    assert suggest_questions(reports, 3) == suggest_questions(reports, 20)[:3]
    assert suggest_questions(reports, 0) == ()


def test_what_is_tested_already_is_left_out(reports: tuple[Report, ...]) -> None:
    first = suggest_questions(reports, 20)
    again = suggest_questions(reports, 20, known=first[:2])
    assert {one.evidence for one in again} == {one.evidence for one in first[2:]}


def test_an_english_report_is_asked_in_english(tmp_path: Path) -> None:
    (tmp_path / "en.md").write_text(ENGLISH, encoding="utf-8")
    suggested = suggest_questions([read_report(tmp_path / "en.md")], 10)
    assert [one.lang for one in suggested] == ["en"] * 4
    assert "What is a spillway?" in [one.question for one in suggested]


def line(**changes: object) -> str:
    return json.dumps(
        {
            "question": "灌溉渠网有多长？",
            "evidence": "全省灌溉渠网总长度达到 4,200 公里",
            "answer": "4200 公里",
            "keys": ["4,200"],
            "type": "factoid",
        }
        | changes,
        ensure_ascii=False,
    )


def test_a_model_is_believed_only_what_the_report_holds(reports: tuple[Report, ...]) -> None:
    reply = "\n".join(
        [
            "好的，下面是题目：",
            line(evidence="全省灌溉渠网总长度达到 9,900 公里", keys=["9,900"]),
            line(keys=["5,000"]),
            line(keys=[]),
            line(keys="4,200"),
            line(type="all"),
            line(question=3),
            line(question="灌溉渠网有 4,200 公里吗？"),
            "[1]",
            line() + ",",
        ]
    )
    replies = iter([reply])
    (only,) = suggest_with_model(lambda _prompt: next(replies, "没有"), reports, 5)
    assert only.question == "灌溉渠网有多长？"
    assert only.id == "suggested-001"
    assert only.answer_keys == (("4,200",),)
