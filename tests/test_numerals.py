"""Numbers in Chinese and English text: values by hand, and properties."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.answering.numerals import han_value, is_number, plain, quantities, values


def stated(text: str) -> list[str]:
    """The numbers that `text` states: the least reading of each claim."""
    return [
        f"{float(min(v for v, _ in one.values)):.15g}{min(unit for _, unit in one.values)}"
        for one in quantities(plain(text))
        if one.is_claim
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("133 个量子比特", ["133"]),
        ("１３３个", ["133"]),
        ("1.5亿元", ["150000000"]),
        ("1.5 亿元", ["150000000"]),
        ("150,000,000", ["150000000"]),
        ("１５０，０００，０００", ["150000000"]),
        ("2023，100 家", ["2023", "100"]),
        ("1.5 hundred million", ["150000000"]),
        ("0.15 Billion yuan", ["150000000"]),
        ("一亿五千万元", ["150000000"]),
        ("1亿5000万", ["150000000"]),
        ("1.2万亿", ["1200000000000"]),
        ("百万用户", ["1000000"]),
        ("30%", ["30%"]),
        ("３０％", ["30%"]),
        ("百分之三十", ["30%"]),
        ("百分之30", ["30%"]),
        ("三成", ["30%"]),
        ("三成五", ["35%"]),
        ("三成半", ["35%"]),
        ("thirty percent", ["30%"]),
        ("30 per cent", ["30%"]),
        ("千分之五", ["0.5%"]),
        ("5‰", ["0.5%"]),
        ("提高 3 个百分点", ["3points"]),
        ("by 3 percentage points", ["3points"]),
        ("三分之二", ["0.666666666666667"]),
        ("two thirds", ["0.666666666666667"]),
        ("三种方案", ["3"]),
        ("两家公司", ["2"]),
        ("十大趋势", ["10"]),
        ("第三代", ["3"]),
        ("第一名", ["1"]),
        ("二〇二四年", ["2024"]),
        ("一百三十三", ["133"]),
        ("三点五倍", ["3.5"]),
        ("twenty-five hundred", ["2500"]),
        ("one hundred and five", ["105"]),
        ("in March 2024", ["3", "2024"]),
        ("May 4", ["5", "4"]),
        ("2023-12-04", ["2023", "12", "4"]),
        ("the 3rd of 21", ["3", "21"]),
        ("100km/h", ["100"]),
        ("5nm 工艺", ["5"]),
        ("3 倍", ["3"]),
        ("v0.7 版", ["0.7"]),
        # words and names with a numeral in them
        ("一般来说，一个统一的方案", []),
        ("四川的三星与百度", []),
        ("千万不要，十分重要，万一", []),
        ("成立于五四运动", []),
        ("十四五规划", []),
        ("数百家、上千个", []),
        ("H100、GPT-4 和 5G", []),
        ("one of them may come first", []),
        ("millions of users", []),
        # the entries of a list
        ("1. 甲\n2) 乙\n（三）丙\n第四，丁", []),
        ("- 3、甲", []),
        ("3.5 倍", ["3.5"]),
        ("10、20 和 30", ["10", "20", "30"]),
    ],
)
def test_numbers_by_hand(text: str, numbers: list[str]) -> None:
    assert stated(text) == numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20-30%", (20, "%")),
        ("5至10万", (50_000, "")),
        ("3 到 5 亿", (300_000_000, "")),
        ("3 到 5 亿", (3, "")),
        ("70B", (70_000_000_000, "")),
        ("70B", (70, "")),
        ("2/3", (Fraction(2, 3), "")),
        ("三分之二", (3, "")),
        ("first", (1, "")),
        ("millions of users", (1_000_000, "")),
        ("一家", (1, "")),
    ],
)
def test_other_readings(text: str, value: tuple[int, str]) -> None:
    assert value in values(plain(text))


def test_parts_of_a_number_are_no_readings() -> None:
    assert values(plain("3亿")) == {(300_000_000, "")}
    assert values(plain("1.5 million")) == {(1_500_000, "")}
    assert values(plain("30%")) == {(30, "%")}


def test_what_says_a_number_is_no_name() -> None:
    assert [
        token
        for token in ["100km", "3rd", "70B", "20GHz", "2024", "3.5", "March", "million", "v0.7"]
        if not is_number(token)
    ] == []
    assert [token for token in ["5G", "3D", "H100", "km", ""] if is_number(token)] == []


def in_chinese(number: int) -> str:
    """`number` below 10^12 in Chinese numerals, written down by the school rule."""
    digits, text = "零一二三四五六七八九", ""
    for scale, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, number = divmod(number, scale)
        if not group:
            continue
        if text and group < 1000:
            text += "零"
        for size, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            digit = group // size % 10
            if digit:
                text += digits[digit] + word
            elif group % size and group >= size and not text.endswith("零"):
                text += "零"
        text += name
    return text or "零"


@given(st.integers(0, 10**12 - 1))
def test_every_chinese_numeral_is_read_as_it_was_written(number: int) -> None:
    assert han_value(in_chinese(number)) == number


@given(st.integers(0, 10**13))
def test_spellings_of_one_number_are_equal(number: int) -> None:
    spellings = [f"{number}", f"{number:,}", f"{number:,}".translate(WIDE), f"{number}.0"]
    if number % 10**8 == 0:
        spellings += [f"{number // 10**8}亿", f"{number // 10**8} hundred million"]
    if number < 10**12:
        spellings.append(in_chinese(number))
    assert {value for text in spellings for value in values(plain(text))} == {(number, "")}


WIDE = str.maketrans("0123456789,", "０１２３４５６７８９，")


@given(st.text("0123456789.,，%十百千万亿零一二三点分之成个第 abkmGT-/", max_size=80))
def test_any_text_is_read(text: str) -> None:
    readable = plain(text)
    for quantity in quantities(readable):
        assert 0 <= quantity.start < quantity.end <= len(readable)
        assert quantity.values


@pytest.mark.parametrize(
    "piece", ["1", "亿", "一", "1,000", "1亿2", "三分之二", "one hundred ", "."]
)
def test_long_runs_are_read_too(piece: str) -> None:
    assert len(quantities(plain(piece * 5000))) <= 15_000
