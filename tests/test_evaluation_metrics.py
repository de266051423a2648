"""Scores on examples small enough to be worked out by hand."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.evaluation.evidence import Found, Place
from askreport.evaluation.metrics import (
    citation_precision,
    citation_recall,
    invalid_citations,
    mean,
    percentile,
    ranking_scores,
    retrieval_scores,
    rounded,
    unmet_keys,
)
from askreport.schema import Citation, Report

LOG3 = math.log2(3)


def at(rank: int) -> Found:
    return Found(rank, (rank,))


def test_ranking_scores_by_hand() -> None:
    first, second, third = ranking_scores(
        [[5, 3, 4], [8, 9], []], [[3], [7], [1]], ["nDCG@10", "RR@10", "R@1", "R@5"]
    )
    # the one relevant passage at rank 2: DCG = 1 / log2(3), ideal DCG = 1
    assert first == pytest.approx({"nDCG@10": 1 / LOG3, "RR@10": 0.5, "R@1": 0, "R@5": 1})
    assert second == third == {"nDCG@10": 0, "RR@10": 0, "R@1": 0, "R@5": 0}


def test_ranking_scores_cut_at_ten() -> None:
    (scores,) = ranking_scores([range(20)], [[10]], ["nDCG@10", "RR@10", "R@10"])
    assert scores == {"nDCG@10": 0, "RR@10": 0, "R@10": 0}  # rank 11


def test_one_quote_at_rank_four() -> None:
    scores = retrieval_scores([at(4)])
    # DCG = 1 / log2(5), ideal DCG = 1
    assert scores == pytest.approx(
        {"R@1": 0, "R@3": 0, "R@5": 1, "R@10": 1, "RR@10": 0.25, "nDCG@10": 1 / math.log2(5)}
    )


def test_two_quotes_one_missing() -> None:
    scores = retrieval_scores([at(2), None])
    # two relevant passages, one at rank 2: DCG = 1 / log2(3), ideal DCG = 1 + 1 / log2(3)
    expected = (1 / LOG3) / (1 + 1 / LOG3)
    assert scores == pytest.approx(
        {"R@1": 0, "R@3": 0.5, "R@5": 0.5, "R@10": 0.5, "RR@10": 0.5, "nDCG@10": expected}
    )


def test_quotes_in_one_passage_are_one_relevant_passage() -> None:
    scores = retrieval_scores([at(1), at(1)])
    assert scores["R@1"] == scores["RR@10"] == scores["nDCG@10"] == 1.0


def test_a_gap_between_quotes_costs() -> None:
    # relevant at ranks 1 and 3: DCG = 1 + 1 / log2(4) = 1.5, ideal DCG = 1 + 1 / log2(3)
    assert retrieval_scores([at(1), at(3)])["nDCG@10"] == pytest.approx(1.5 / (1 + 1 / LOG3))


def test_nothing_found() -> None:
    assert set(retrieval_scores([None, None]).values()) == {0.0}


@pytest.mark.parametrize(
    "found",
    [
        [at(1)],
        [at(1), at(2), at(3)],
        [at(3), at(1), at(2)],
        [Found(2, (1, 2)), at(3)],
        [at(rank) for rank in range(1, 11)],
    ],
    ids=["one", "three", "any-order", "quote-over-two-passages", "ten"],
)
def test_a_perfect_ranking_scores_one(found: list[Found]) -> None:
    scores = retrieval_scores(found)
    assert scores["RR@10"] == scores["R@10"] == 1.0
    assert scores["nDCG@10"] == pytest.approx(1.0)


@given(ranks=st.lists(st.one_of(st.none(), st.integers(1, 10)), min_size=1, max_size=14))
def test_scores_lie_between_0_and_1_and_recall_grows(ranks: list[int | None]) -> None:
    found = [None if rank is None else at(rank) for rank in ranks]
    scores = retrieval_scores(found)
    assert all(0 <= value <= 1 + 1e-9 for value in scores.values())
    assert scores["R@1"] <= scores["R@3"] <= scores["R@5"] <= scores["R@10"]
    random.Random(1).shuffle(found)
    assert retrieval_scores(found) == pytest.approx(scores)


@pytest.mark.parametrize(
    ("answer", "unmet"),
    [
        ("由甲公司于 2023 年发布。[1]", ()),
        ("由甲公司于２０２３年发布。", ()),  # full-width digits
        ("由甲公司于 20\n23 年发布。", ()),
        ("由乙公司于 2023 年发布。", (("甲", "Alpha"),)),
        ("alpha, 2023", (("甲", "Alpha"),)),  # case counts
        ("", (("甲", "Alpha"), ("2023",))),
    ],
)
def test_key_lists(answer: str, unmet: tuple[tuple[str, ...], ...]) -> None:
    assert unmet_keys(answer, [["甲", "Alpha"], ["2023"]]) == unmet


def test_a_marker_meets_no_key() -> None:
    assert unmet_keys("增长很快。[3][12]", [["3"]]) == (("3",),)
    assert unmet_keys("增长了 3 倍。[1]", [["3"]]) == ()
    assert unmet_keys("成立于[2023]年。", [["2023"]]) == ()


def test_citation_scores_by_hand() -> None:
    quotes = [[Place("r", 0, 10)], [Place("r", 50, 60), Place("r", 80, 90)]]
    cited = [Place("r", 2, 20), Place("r", 30, 40), Place("r", 84, 95)]
    # the first holds 8 of 10, the second nothing, the third 6 of 10 of a second occurrence
    assert citation_precision(cited, quotes) == pytest.approx(2 / 3)
    assert citation_recall(cited, quotes) == 1.0
    assert citation_recall(cited[:2], quotes) == 0.5
    assert citation_precision([], quotes) is None
    assert citation_recall([], quotes) == 0.0
    assert citation_recall(cited, []) is None
    assert citation_precision(cited, [[]]) == 0.0


def test_a_citation_must_be_its_slice() -> None:
    report = Report("r", "一二三四", "", (), (), (), (), (), "")

    def citation(quote: str, start: int, end: int, name: str = "r") -> Citation:
        return Citation(1, quote, start, end, None, None, name)

    good = citation("二三", 1, 3)
    bad = [
        citation("二四", 1, 3),
        citation("二三", 1, 4),
        citation("", 2, 2),
        citation("四", -1, 4),
        citation("四", 3, 9),
        citation("二三", 1, 3, "other"),
    ]
    assert invalid_citations([good], {"r": report}) == 0
    assert invalid_citations([good, *bad], {"r": report}) == len(bad)


def test_means_and_percentiles() -> None:
    assert mean([1.0, None, 0.5]) == 0.75
    assert mean([None]) is None
    assert mean([]) is None
    assert percentile([], 50) is None
    assert percentile([4.0, 1.0, 2.0, 3.0], 50) == 2.5
    assert percentile([0.0, 100.0], 95) == pytest.approx(95.0)


def test_rounding_reaches_every_level() -> None:
    assert rounded({"a": (0.123456, None, 1), "b": [{"c": 2 / 3}], "d": True}) == {
        "a": [0.1235, None, 1],
        "b": [{"c": 0.6667}],
        "d": True,
    }
