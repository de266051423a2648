"""Questions for the n-th of the report."""

import pytest

from askreport.answering.ordinals import chapter_number_in, number_asked_for


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("那第二名呢？", 2), ("第十大趋势是什么？", 10), ("第 7 章讲了什么？", 7), ("第十二章", 12),
        ("第二十三个趋势叫什么？", 23), ("What is the third trend?", 3), ("What about number 4?", 4),
        ("And the 2nd one?", 2), ("Chapter 10", 10),
    ],
)  # fmt: skip
def test_a_number_is_asked_for(question: str, number: int) -> None:
    assert number_asked_for(question) == number


@pytest.mark.parametrize(
    "question",
    [
        "第二次世界大战是什么时候？", "第一步是什么？", "第一季度的销量是多少？", "第二三名呢？",
        "Who came first?", "What is the first step?", "4", "", "第",
        "第0章", "第三二十名是什么？", "the 0th", "chapter 0",
    ],
)  # fmt: skip
def test_no_number_is_asked_for(question: str) -> None:
    assert number_asked_for(question) is None


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("第三章里说的价格是多少？", 3), ("What does chapter 12 say of prices?", 12),
        ("Which prices does the second chapter give?", 2), ("第三次会议是什么时候？", None),
        ("第一章和第二章有什么不同？", None), ("", None),
    ],
)  # fmt: skip
def test_a_chapter_is_spoken_of_by_number(question: str, number: int | None) -> None:
    assert chapter_number_in(question) == number
