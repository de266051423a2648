"""A model's words cut into sentences, and put together again as far as they are supported."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.answering.citations import MARKER
from askreport.answering.drafting import Draft, Sentence, drafts, split
from askreport.answering.markers import Token, parse
from askreport.answering.verification import Doubt
from askreport.schema import Unsupported

GIVEN = ["一。", "二。", "三。"]


def sentences(text: str) -> list[tuple[str, list[int]]]:
    return [(one.text, one.cited) for one in split(parse([text], len(GIVEN)))]


def verify(sentence: str, cited: Sequence[str]) -> Doubt | None:
    """False sentences hold an X."""
    if not cited:
        return Doubt("uncited")
    return Doubt("name", ("X",)) if "X" in sentence else None


def drafted(text: str, *, drop: bool = False) -> Draft:
    found = split(parse([text], len(GIVEN)))
    return [Draft(), *drafts(found, GIVEN, verify, drop=drop)][-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲[1]。乙[2]。", [("甲。", [1]), ("乙。", [2])]),
        ("甲。[1]乙。[2]", [("甲。", [1]), ("乙。", [2])]),
        ("甲。 [1][3] 乙。", [("甲。", [1, 3]), ("乙。", [])]),
        ("甲[1]，乙[2]，丙[1]。", [("甲，乙，丙。", [1, 2])]),
        ("A is 1.5 here [1]. B too. [2]", [("A is 1.5 here .", [1]), ("B too.", [2])]),
        ("- 甲[1]\n- 乙[2]", [("- 甲", [1]), ("- 乙", [2])]),
        ("[1] 甲。\n[2] 乙。", [("甲。", [1]), ("乙。", [2])]),
        ("甲。\n[1]\n乙。", [("甲。", [1]), ("乙。", [])]),
        ("甲[1]；\n乙[2]。", [("甲；", [1]), ("乙。", [2])]),
        ("共两项：\n1. 甲[1]\n2. 乙[2]", [("共两项：\n1. 甲", [1]), ("2. 乙", [2])]),
        ("长" * 90 + "；" + "长" * 90 + "[1]。", [("长" * 90 + "；" + "长" * 90 + "。", [1])]),
        ("他说“甲。乙。”[1]丙。", [("他说“甲。", []), ("乙。”", [1]), ("丙。", [])]),
        ("[1]", []),
        ("  \n ", []),
    ],
)
def test_sentences_and_what_they_cite(text: str, expected: list[tuple[str, list[int]]]) -> None:
    assert sentences(text) == expected


def test_the_last_sentence_may_be_broken_off() -> None:
    assert [one.complete for one in split(["甲。乙"])] == [True, False]
    assert [one.complete for one in split(["甲。乙。”"])] == [True, True]


TEXTS = st.text("甲乙A1. 。；：！\n[]“”", max_size=50)


@given(st.lists(TEXTS, max_size=6))
def test_pieces_make_no_difference(pieces: list[str]) -> None:
    whole = list(split(parse(["".join(pieces)], 3)))
    assert list(split(parse(pieces, 3))) == whole
    assert list(split(parse("".join(pieces), 3))) == whole


@given(st.lists(st.one_of(TEXTS, st.integers(1, 3)), max_size=20))
def test_no_word_is_lost_or_changed(tokens: list[Token]) -> None:
    found = list(split(tokens))
    written = "".join(token for token in tokens if isinstance(token, str))
    assert "".join(one.lead + one.text for one in found).strip() == written.strip()
    for one in found:
        assert all(0 <= at <= len(one.text) for at, _ in one.markers)


def test_a_sentence_is_given_out_when_the_next_begins() -> None:
    seen: list[Token] = []

    def watched() -> Iterator[Token]:
        for token in ("甲", 1, "。", "乙", "丙"):
            seen.append(token)
            yield token

    first = next(split(watched()))
    assert first == Sentence("", "甲。", ((1, 1),))
    assert seen == ["甲", 1, "。", "乙"]


def test_markers_are_numbered_as_they_appear() -> None:
    assert drafted("甲[3]。乙[1][3]。") == Draft("甲[1]。乙[2][1]。", (3, 1))


def test_what_is_not_supported_is_marked_with_its_place() -> None:
    draft = drafted("甲[1]。\n\n乙X[2]。丙。")
    assert draft.text == "甲[1]。\n\n乙X[2]。丙。"
    first, second = draft.unsupported
    assert draft.text[first.start : first.end] == "乙X[2]。"
    assert (first.reason, first.words) == ("name", ("X",))
    assert second == Unsupported(13, 15, "uncited")


def test_what_is_not_supported_is_dropped_with_its_sources() -> None:
    assert drafted("甲X[3]。乙[2]。丙。", drop=True) == Draft("乙[1]。", (2,), dropped=2)
    assert drafted("甲X[3]。", drop=True) == Draft(dropped=1)


@given(st.text("甲X。[]123 \n", max_size=60), st.booleans())
def test_every_marker_has_a_place_and_every_place_a_marker(text: str, drop: bool) -> None:
    draft = drafted(text, drop=drop)
    numbers = [int(number) for number in MARKER.findall(draft.text)]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(draft.cited) + 1))
    assert set(draft.cited) <= {1, 2, 3}
    marked = [draft.text[one.start : one.end] for one in draft.unsupported]
    assert all(sentence.strip() for sentence in marked)
    assert draft.text.count("X") == "".join(marked).count("X")
    assert not (drop and draft.unsupported)
