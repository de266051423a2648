"""Words of a quote that answer a question for a number or a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.answering.emphasis import emphasised


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("电池高多少？", "它在 2020 年发布，直径 46 毫米。", ["46"]),
        ("卖了多少辆？", "全年售出 1,200 万辆，增长 30%。", ["1,200 万辆", "30%"]),
        ("何时成立？", "公司于 1990 年 5 月 3 日成立，有 20 人。", ["1990 年 5 月 3 日"]),
        ("How much did it cost?", "造价为 $3.5 billion。", ["$3.5 billion"]),
        ("2020 年有几家？", "2020 年共有 250 多家公司。", ["250 多家"]),
        ("为什么贵？", "因为成本上升 30%。", []),
        ("多少？", "（1）H100 与 GPT-4 有 7 个。", ["7 个"]),
        ("谁买了 30 台？", "甲买了 30 台。", []),
        ("2025 年有多少家？", "共 20 家，比上年多 1,300，", ["20 家", "1,300"]),
        ("第几名？占多少？", "第 3 名，占 3-5 %。", ["3-5 %"]),
        ("许多大公司用什么？", "它们用 30 台。", []),
        ("What happens when it rains?", "In 2020 it rained.", []),
        ("When did it rain?", "In 2020 it rained.", ["2020"]),
        ("销量有多少台，比 30 台多吗？", "甲卖了 30 台，乙卖了 40 台。", ["40 台"]),
    ],
)
def test_what_is_asked_for_is_set_in_bold(question: str, text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in emphasised(question, text)] == words


@given(st.text(max_size=80), st.sampled_from(["多少？", "何时？", "谁？"]))
def test_stretches_are_in_order_and_apart(text: str, question: str) -> None:
    bounds = [edge for span in emphasised(question, text) for edge in span]
    assert bounds == sorted(bounds)
    assert all(0 <= edge <= len(text) for edge in bounds)
