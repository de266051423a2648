"""Questions about several things, taken apart."""

import pytest

from askreport.answering.comparison import aspects


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "甲公司在云计算和机器人上分别有什么计划？",
            ["甲公司在云计算上 有什么计划？", "甲公司在机器人上 有什么计划？"],
        ),
        (
            "亚洲在造船和炼钢两个方向上各有什么动向？",
            ["亚洲在造船 有什么动向？", "亚洲在炼钢 有什么动向？"],
        ),
        ("老王和小李的工资各是多少？", ["老王的工资 是多少？", "小李的工资 是多少？"]),
        (
            "茶、咖啡与可可分别产自哪里？",
            ["茶 产自哪里？", "咖啡 产自哪里？", "可可 产自哪里？"],
        ),
        ("风电，与太阳能相比，哪个更便宜？", ["风电 便宜？", "太阳能 便宜？"]),
        (
            "黄山缆车的票价与泰山相比，哪个更贵？",
            ["黄山缆车的票价 贵？", "泰山的票价 贵？"],
        ),
        ("北京的房价和上海的房价谁更高？", ["北京的房价 高？", "上海的房价 高？"]),
        ("碳中和与碳达峰有什么联系与区别？", ["碳中和 ？", "碳达峰 ？"]),
        ("Compare green tea and black tea.", ["green tea", "black tea."]),
        (
            "Which is taller, Mont Blanc or Elbrus?",
            ["Which is taller, Mont Blanc?", "Which is taller, Elbrus?"],
        ),
        ("How does tea compare with coffee?", ["How does tea?", "How does coffee?"]),
        ("What is the difference between tea and coffee?", ["tea?", "coffee?"]),
        (
            "How much did Alice and Bob each earn?",
            ["How much did Alice earn?", "How much did Bob earn?"],
        ),
    ],
)
def test_each_thing_is_asked_about(question: str, parts: list[str]) -> None:
    assert [aspect.question for aspect in aspects(question)] == parts


@pytest.mark.parametrize(
    "question",
    [
        "什么是和平号空间站？", "研发和生产在哪里进行？", "Who is the mayor?", "", "和", "分别",
        "salt and pepper", "两个方案有什么区别？", "各国分别参与了哪些项目？", "它有什么与众不同的地方？",
        "不同行业和企业如何使用机器人？", "How many cars and vans are sold each year?",
    ],
)  # fmt: skip
def test_what_compares_nothing_stays_whole(question: str) -> None:
    assert aspects(question) == []


def test_the_things_are_named() -> None:
    assert [a.thing for a in aspects("黄山缆车的票价与泰山相比，哪个更贵？")] == [
        "黄山缆车",
        "泰山",
    ]
    assert [a.thing for a in aspects("Compare green tea and black tea.")] == [
        "green tea",
        "black tea.",
    ]


def test_no_more_is_looked_up_than_an_answer_can_hold() -> None:
    assert len(aspects("比较甲" + "、乙" * 900)) == 8


def test_clauses_are_no_things() -> None:
    assert aspects("分别说说" + "很" * 40 + "和" + "长" * 40) == []
