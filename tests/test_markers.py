"""Markers in streamed text: what is one, what is none, and that pieces make no difference."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.answering.markers import Token, defused, parse

BRACKETED_NUMBER = re.compile(r"[\[【［][ ,，^-]*\d[\d ,，^-]*[\]】］]")


def parsed(*pieces: str, count: int = 3) -> list[Token]:
    """Tokens, with neighbouring text joined."""
    joined: list[Token] = []
    for token in parse(pieces, count):
        if isinstance(token, str) and joined and isinstance(joined[-1], str):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("甲[1]。", ["甲", 1, "。"]),
        ("甲【2】乙", ["甲", 2, "乙"]),
        ("甲［３］", ["甲", 3]),
        ("甲【１]", ["甲", 1]),
        ("甲 [ 2 ] 乙", ["甲 ", 2, " 乙"]),
        ("甲[1, 2]", ["甲", 1, 2]),
        ("甲[1，2、3]", ["甲", 1, 2, 3]),
        ("甲[1][2]", ["甲", 1, 2]),
        ("甲[1-3]", ["甲", 1, 2, 3]),
        ("甲[^1]", ["甲", 1]),
        ("[[1]]", [1]),
        # invented ones
        ("甲[4]乙[0]丙", ["甲乙丙"]),
        ("甲[1, 9]", ["甲", 1]),
        ("甲[2-99]", ["甲", 2, 3]),
        ("甲[[9]1]", ["甲1"]),
        ("甲[1[9]]", ["甲1"]),
        # no markers
        ("[注] 甲", ["[注] 甲"]),
        ("[2023 年版]", ["[2023 年版]"]),
        ("成立于[2023]年", ["成立于2023年"]),
        ("[1a]", ["[1a]"]),
        ("数组 a[i]", ["数组 a[i]"]),
        # broken off
        ("甲[1", ["甲"]),
        ("甲【", ["甲"]),
        ("", []),
    ],
)
def test_markers_by_hand(text: str, tokens: list[Token]) -> None:
    assert parsed(text) == tokens
    assert parsed(*text) == tokens


TEXTS = st.text("[]【】［］0129０１,，-^ \n甲a年", max_size=60)


@given(st.lists(TEXTS, max_size=8))
def test_pieces_make_no_difference(pieces: list[str]) -> None:
    assert parsed(*pieces) == parsed("".join(pieces)) == parsed(*"".join(pieces))


@given(TEXTS)
def test_no_bracket_around_a_number_gets_through(text: str) -> None:
    tokens = parsed(text)
    assert all(1 <= token <= 3 for token in tokens if isinstance(token, int))
    assert not BRACKETED_NUMBER.search("".join(t for t in tokens if isinstance(t, str)))
    shown = "".join(t if isinstance(t, str) else "†" for t in tokens)
    assert not BRACKETED_NUMBER.search(shown)


@given(TEXTS)
def test_nothing_but_brackets_and_what_they_hold_is_lost(text: str) -> None:
    kept = "".join(t for t in parsed(text) if isinstance(t, str))
    assert re.sub(r"[^甲a年\n]", "", kept) == re.sub(r"[^甲a年\n]", "", text)


@pytest.mark.parametrize(
    "hostile", ["[" * 20_000, "[1" * 10_000, "[" + "1" * 20_000, "[1]" * 7_000]
)
def test_long_runs_of_brackets_and_numbers(hostile: str) -> None:
    tokens = parsed(*hostile)
    assert tokens == parsed(hostile)
    assert sum(isinstance(token, int) for token in tokens) == hostile.count("[1]")


def test_a_report_can_plant_no_marker() -> None:
    assert defused("见文献[3]和【1, 2】，[注]") == "见文献（3）和（1, 2），[注]"
