"""The reports beside the chat: cut into leaves, loaded one by one, searched."""

import re
from typing import Any

import pytest

from askreport.schema import Report
from askreport.web import shelf as shelf_module
from askreport.web.leaves import LEAF_BLOCKS, LEAF_CHARS, document
from askreport.web.shelf import MOST_FOUND, Shelf, render_report
from tests.e2e.samples import make_report, plain_report

LINES = [f"第{number}段有一句话。" for number in range(100)]


def long_report() -> Report:
    return make_report("long.txt", {"TOP1：甲": LINES[:50], "TOP2：乙": LINES[50:]})


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(shelf_module, "EAGER_CHARS", 100)
    reports = (long_report(), plain_report())
    return Shelf(lambda: reports)


def texts(html: str | None) -> list[str]:
    return re.findall(r'<p class="block"[^>]*>([^<]*)', html or "")


def wanted(shelf: Shelf, leaf: Any, report: Any = 0) -> dict[str, Any]:
    return {"report": report, "digest": shelf.digests[0], "leaf": leaf}


def test_leaves_hold_every_block_once_and_in_order() -> None:
    leaves = document(long_report()).leaves
    assert [len(leaf.blocks) for leaf in leaves] == [LEAF_BLOCKS, LEAF_BLOCKS, LEAF_BLOCKS, 12]
    assert [leaf.chapters for leaf in leaves] == [(0,), (1,), (), ()]
    shown = [block.text for leaf in leaves for _, block in leaf.blocks]
    assert shown == ["TOP1：甲", *LINES[:50], "TOP2：乙", *LINES[50:]]


def test_a_leaf_of_long_paragraphs_ends_sooner() -> None:
    leaves = document(make_report("a.txt", {"甲": ["长" * LEAF_CHARS] * 3})).leaves
    assert [len(leaf.blocks) for leaf in leaves] == [2, 1, 1]


def test_a_long_report_comes_in_part_and_the_rest_on_demand(shelf: Shelf) -> None:
    first = texts(shelf.html())
    assert first == LINES[:29]  # one leaf: the heading and 29 paragraphs
    rest = [line for leaf in (1, 2, 3) for line in texts(shelf.leaf(wanted(shelf, leaf)))]
    assert first + rest == LINES
    assert re.findall(r'data-later="(\d+)"', shelf.html()) == ["1", "2", "3", "0"]
    whole = texts(render_report([plain_report()]))
    assert texts(shelf.leaf({"report": 1, "digest": shelf.digests[1], "leaf": 0})) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"leaf": 4},
        {"leaf": -1},
        {"leaf": True},
        {"leaf": "1"},
        {"report": 2},
        {"report": None},
        {"digest": "another"},
        {"digest": None},
    ],
)
def test_a_leaf_that_does_not_fit_the_reports_of_now_is_none(
    shelf: Shelf, change: dict[str, Any]
) -> None:
    assert shelf.leaf(wanted(shelf, 1)) is not None
    assert shelf.leaf(wanted(shelf, 1) | change) is None


@pytest.mark.parametrize("sent", [None, 7, "x", [], {}, {"text": 1}, {"key": ["a"], "report": "x"}])
def test_what_no_page_sends_is_none(shelf: Shelf, sent: Any) -> None:
    assert shelf.leaf(sent) is None
    assert shelf.leaf_of(sent) is None
    assert shelf.find(sent) is None


def find(shelf: Shelf, text: Any) -> list[str]:
    places = shelf.find({"digests": shelf.digests, "text": text})
    assert places is not None
    reports = [long_report(), plain_report()]
    return [reports[number].text[start:end] for number, start, end in places]


def test_words_are_found_in_all_reports_loaded_or_not(shelf: Shelf) -> None:
    assert find(shelf, "第9") == ["第9", *(f"第{n}"[:2] for n in range(90, 100))]
    assert find(shelf, "SOLID-state") == ["Solid-state"]
    assert find(shelf, "cells  在") == ["cells 在"]
    assert (
        find(shelf, "(有|.*") == find(shelf, " ") == find(shelf, "长" * 101) == find(shelf, 7) == []
    )
    assert find(shelf, "话。 第1段") == []  # over the end of a paragraph


def test_found_places_are_bounded() -> None:
    report = make_report("a.txt", {"甲": ["的" * 3000, "的" * 3000]})
    shelf = Shelf(lambda: (report,))
    places = shelf.find({"digests": shelf.digests, "text": "的"})
    assert places is not None
    assert len(places) == MOST_FOUND


def test_a_paragraph_is_found_by_its_key_in_its_own_report_first(shelf: Shelf) -> None:
    block = document(long_report()).leaves[2].blocks[5][1]
    assert shelf.leaf_of({"report": 0, "key": block.key}) == [0, 2]
    assert shelf.leaf_of({"report": 1, "key": block.key}) == [0, 2]
    assert shelf.leaf_of({"report": 0, "key": "0123456789"}) is None


def test_other_reports_are_shown_once_they_are_there() -> None:
    reports = [make_report("a.txt", {"甲": ["旧的一句。"]})]
    shelf = Shelf(lambda: reports)
    before = shelf.digests
    assert "旧的一句。" in shelf.html()
    new = make_report("a.txt", {"甲": ["新的一句。"]})
    reports[:] = [new]
    assert shelf.digests != before
    assert texts(shelf.html()) == ["新的一句。"]
    assert shelf.leaf({"report": 0, "digest": before[0], "leaf": 0}) is None
