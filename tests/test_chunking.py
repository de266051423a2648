"""Passages: slices, whole sentences, never across a chapter."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.chunking import split_passages
from askreport.reading import report_from_paragraphs
from askreport.schema import Chapter, Heading, Report, Span


def report_of(*paragraphs: str, chapter_starts: tuple[int, ...] = ()) -> Report:
    """A report whose paragraphs are given; chapters begin at the named paragraphs."""
    plain = report_from_paragraphs("r.txt", paragraphs)
    starts = [plain.paragraphs[n].start for n in chapter_starts]
    ends = [*starts[1:], len(plain.text)]
    chapters = tuple(
        Chapter(f"C{n}", f"C{n}", s, e) for n, (s, e) in enumerate(zip(starts, ends, strict=False))
    )
    return Report(
        plain.name, plain.text, "", plain.paragraphs, plain.sentences, (), chapters, (), ""
    )


def texts_of(report: Report, passage_chars: int) -> list[str]:
    return [report.text[span.start : span.end] for span in split_passages(report, passage_chars)]


def test_a_short_report_is_one_passage() -> None:
    assert texts_of(report_of("第一句。第二句。", "第三句。"), 300) == [
        "第一句。第二句。\n第三句。"
    ]


def test_cut_prefers_the_end_of_a_paragraph() -> None:
    report = report_of("一二三四五六七八。", "甲乙丙。丁戊己庚辛壬。")
    assert texts_of(report, 14) == ["一二三四五六七八。", "甲乙丙。丁戊己庚辛壬。"]


def test_cut_falls_on_a_sentence_end_within_a_long_paragraph() -> None:
    assert texts_of(report_of("一二三四五。六七八九十。"), 10) == ["一二三四五。", "六七八九十。"]


def test_a_sentence_that_is_too_long_is_cut_at_a_clause_then_anywhere() -> None:
    assert texts_of(report_of("一二三四，五六七八九十甲乙丙丁戊。"), 8) == [
        "一二三四，",
        "五六七八九十甲乙",
        "丙丁戊。",
    ]


def test_no_passage_crosses_a_chapter() -> None:
    report = report_of("前言。", "甲章。", "甲文。", "乙章。", chapter_starts=(1, 3))
    assert texts_of(report, 300) == ["前言。", "甲章。\n甲文。", "乙章。"]


def test_a_heading_goes_with_what_follows_it() -> None:
    plain = report_of("一二三四五六七八九。", "标题", "甲乙丙丁戊己庚。")
    heading = plain.paragraphs[1]
    report = Report(
        plain.name, plain.text, "", plain.paragraphs, plain.sentences,
        (Heading("标题", 2, heading.start, heading.end),), (), (), "",
    )  # fmt: skip
    assert texts_of(report, 16) == ["一二三四五六七八九。", "标题\n甲乙丙丁戊己庚。"]


paragraphs = st.lists(
    st.text(alphabet="一二三，。！；ab 1.\u3000😀", min_size=1, max_size=60).filter(
        lambda text: bool(text.strip())
    ),
    min_size=1,
    max_size=12,
)


@given(paragraphs, st.integers(5, 60))
def test_passages_are_slices_in_order_that_lose_nothing(texts: list[str], size: int) -> None:
    report = report_from_paragraphs("r.txt", texts)
    spans = split_passages(report, size)
    assert all(0 < span.end - span.start <= size for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    joined = "".join(report.text[span.start : span.end] for span in spans)
    assert "".join(joined.split()) == "".join(report.text.split())


@given(paragraphs)
def test_a_sentence_that_fits_is_never_cut(texts: list[str]) -> None:
    report = report_from_paragraphs("r.txt", texts)
    spans = split_passages(report, 60)
    for sentence in report.sentences:
        if sentence.end - sentence.start <= 60:
            assert any(s.start <= sentence.start and sentence.end <= s.end for s in spans)


@pytest.mark.parametrize("size", [50, 300])
def test_an_empty_report_has_no_passages(size: int) -> None:
    assert split_passages(Report("r", "", "", (), (), (), (), (), ""), size) == []


def test_a_megabyte_of_one_sentence_is_cut_in_linear_time() -> None:
    text = "甲" * 1_000_000
    report = Report("r", text, "", (Span(0, 10**6),), (Span(0, 10**6),), (), (), (), "")
    assert len(split_passages(report, 300)) == 3334
