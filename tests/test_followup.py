"""Follow-up questions by rule."""

import pytest

from askreport.answering.followup import complete, is_followup
from askreport.schema import Turn

HISTORY = (Turn("什么是低空经济？", "一种新型经济形态。"),)


@pytest.mark.parametrize(
    "question",
    [
        "它的设计目的是什么？", "那第二名呢？", "为什么？", "这一目标出自哪份文件？", "该公司的总部在哪里？",
        "后者的成本更高吗？", "还有别的应用领域可以说一说吗？", "What about its price in Europe?", "Why?", "How much?", "什么时候？", "多少钱", "What about Europe?",
        "And how fast is it?", "他当时是怎么评价这件事情的？",
    ],
)  # fmt: skip
def test_follow_ups(question: str) -> None:
    assert is_followup(question)


@pytest.mark.parametrize(
    "question",
    [
        "锂离子电池的四大材料是哪些？", "企业应该怎样做数字化转型？", "其他国家对低空经济持什么态度？",
        "这份报告对量子计算怎么看？", "How many qubits does the Heron chip have?", "When was Tesla founded?", "低空经济",
        "什么是NFT？", "What is DeFi?",
        "本报告提到的共享经济有哪些问题？", "吉他手机器人会出现在哪些场景？",
    ],
)  # fmt: skip
def test_questions_that_stand_alone(question: str) -> None:
    assert not is_followup(question)
    assert complete(question, HISTORY) == question


def test_a_follow_up_is_looked_up_with_its_topic() -> None:
    assert complete("它在深圳有什么进展？", HISTORY) == "什么是低空经济？ 它在深圳有什么进展？"


def test_the_topic_of_a_chain_of_follow_ups_is_where_the_chain_began() -> None:
    history = (*HISTORY, Turn("那深圳呢？", "第一次写入。"))
    assert complete("为什么？", history) == "什么是低空经济？ 那深圳呢？ 为什么？"


def test_a_change_of_topic_forgets() -> None:
    history = (*HISTORY, Turn("锂离子电池的四大材料是哪些？", "正极……"))
    assert complete("它最突出的问题是什么？", history).startswith("锂离子电池的四大材料是哪些？")


def test_without_a_conversation_nothing_is_added() -> None:
    assert complete("它呢？", ()) == "它呢？"
