"""Evidence in reports, and when a ranking brings it."""

from hypothesis import given
from hypothesis import strategies as st

from askreport.evaluation.evidence import EvidenceLocator, Found, Place, find_quote
from askreport.schema import Report


def report(text: str, name: str = "r") -> Report:
    return Report(name, text, "", (), (), (), (), (), "")


def places(*bounds: tuple[int, int], name: str = "r") -> list[Place]:
    return [Place(name, start, end) for start, end in bounds]


def test_white_space_is_ignored_on_both_sides() -> None:
    locator = EvidenceLocator([report("甲 乙\n\n丙 丁")])
    # solid: 甲0 乙1 丙2 丁3
    assert locator.occurrences("乙丙 \u3000 丁") == (Place("r", 1, 4),)


def test_all_occurrences_in_all_reports_overlapping_ones_too() -> None:
    locator = EvidenceLocator([report("aaa", "one"), report("b aa", "two")])
    assert locator.occurrences("aa") == (
        Place("one", 0, 2),
        Place("one", 1, 3),
        Place("two", 1, 3),
    )


def test_nothing_else_is_normalised() -> None:
    locator = EvidenceLocator([report("图⽚ ABC")])
    assert locator.occurrences("图片") == ()
    assert locator.occurrences("abc") == ()
    assert locator.occurrences(" ") == ()


def test_offsets_become_solid_places() -> None:
    locator = EvidenceLocator([report("a b  cd")])
    assert locator.place("r", 0, 3) == Place("r", 0, 2)  # "a b"
    assert locator.place("r", 3, 6) == Place("r", 2, 3)  # "  c"
    assert locator.place("r", 0, 99) == Place("r", 0, 4)
    assert locator.place("unknown", 0, 3) == Place("unknown", 0, 0)


def test_half_of_the_shorter_one_matches() -> None:
    (quote,) = places((10, 20))
    assert quote.matches(Place("r", 15, 40))  # 5 of 10
    assert not quote.matches(Place("r", 16, 40))  # 4 of 10
    assert quote.matches(Place("r", 19, 21))  # 1 of 2
    assert quote.matches(Place("r", 0, 100))
    assert not quote.matches(Place("r", 20, 30))
    assert not quote.matches(Place("other", 10, 20))
    assert not quote.matches(Place("r", 12, 12))  # empty


def test_a_quote_is_found_at_half_of_it() -> None:
    assert find_quote(places((0, 10)), places((50, 60), (5, 30))) == Found(2, (2,))
    assert find_quote(places((0, 10)), places((6, 30))) is None  # 4 of 10
    assert find_quote(places((0, 9)), places((5, 30))) is None  # 4 of 9
    assert find_quote(places((0, 9)), places((4, 30))) == Found(1, (1,))  # 5 of 9


def test_passages_cover_a_quote_together() -> None:
    # 3 of 10, nothing, 3 of 10: half is reached at rank 3 by the first and the third
    assert find_quote(places((0, 10)), places((0, 3), (40, 50), (7, 20))) == Found(3, (1, 3))


def test_a_passage_that_was_not_needed_carries_nothing() -> None:
    # 1 of 10, then 9 of 10: the second alone makes up half
    assert find_quote(places((0, 10)), places((0, 1), (1, 20))) == Found(2, (2,))


def test_covering_the_same_part_twice_adds_nothing() -> None:
    assert find_quote(places((0, 10)), places((0, 4), (0, 4), (0, 4))) is None


def test_the_earliest_occurrence_counts() -> None:
    assert find_quote(places((0, 10), (100, 110)), places((90, 120), (0, 10))) == Found(1, (1,))


def test_no_occurrence_or_no_passage() -> None:
    assert find_quote([], places((0, 10))) is None
    assert find_quote(places((0, 10)), []) is None


@given(
    quote=st.tuples(st.integers(0, 40), st.integers(1, 20)),
    passages=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=8),
)
def test_found_is_the_first_prefix_that_covers_half(
    quote: tuple[int, int], passages: list[tuple[int, int]]
) -> None:
    wanted = set(range(quote[0], quote[0] + quote[1]))
    ranges = [set(range(start, start + length)) for start, length in passages]
    found = find_quote(
        [Place("r", quote[0], quote[0] + quote[1])],
        [Place("r", start, start + length) for start, length in passages],
    )
    ranks = [
        k
        for k in range(1, len(ranges) + 1)
        if 2 * len(wanted & set().union(*ranges[:k])) >= len(wanted)
    ]
    assert (found.rank if found else None) == (ranks[0] if ranks else None)
    if found:
        carried = set().union(*(ranges[rank - 1] for rank in found.carriers))
        assert max(found.carriers) <= found.rank
        assert 2 * len(wanted & carried) >= len(wanted)
