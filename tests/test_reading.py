"""The report reader: the real report, documents of other layouts, and properties for any text."""

import contextlib
import os
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askreport.errors import ReportUnreadable
from askreport.reading import read_report, report_from_paragraphs, split_sentences
from askreport.schema import Report

Reader = Callable[..., Report]

REAL = Path(__file__).parents[1] / "reports" / "it-trends-2024.txt"


@pytest.fixture(scope="module")
def real() -> Report:
    return read_report(REAL)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def read_text(content: str | bytes, suffix: str = ".txt") -> Report:
        path = tmp_path / f"report{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_report(path)

    return read_text


def paragraphs(report: Report) -> list[str]:
    return [report.text[span.start : span.end] for span in report.paragraphs]


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, 0, len(text))]


def dense(text: str) -> str:
    return "".join(text.split())


def check(report: Report) -> None:
    """Everything that the schema promises of a report."""
    text = report.text
    assert not any(len(line.splitlines()) > 1 for line in text.split("\n"))
    for spans in (report.paragraphs, report.sentences):
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(one.end <= two.start for one, two in pairwise(spans))
        assert dense("".join(text[span.start : span.end] for span in spans)) == dense(text)
        assert all(
            text[span.start : span.end].strip() == text[span.start : span.end] for span in spans
        )
    starts = [span.start for span in report.paragraphs]
    assert all("\n" not in text[span.start : span.end] for span in report.sentences)
    for heading in report.headings:
        assert heading.start in starts
        assert text[heading.start : heading.end] == heading.title
    assert report.chapters
    assert all(one.end <= two.start for one, two in pairwise(report.chapters))
    assert list(report.page_starts) == sorted(report.page_starts)
    assert report.page_starts[:1] in ((), (0,))
    assert report.title.strip()


# The real report


def test_real_report_has_34_pages_that_begin_where_they_do(real: Report) -> None:
    begins = {
        1: "2024 年十大 IT 技术趋势",
        2: "各国和区域更进一步",
        3: "机当前也只有美国和加拿大",
        7: "有了大模型的 Transformer",
        8: "马斯克支持大胆预言",
        13: "ETF。其中六只",
        23: "但是美国已经采取",
        34: "RISC-V是面向开源免费",
    }
    assert len(real.page_starts) == 34
    for page, begin in begins.items():
        start = real.page_starts[page - 1]
        assert real.text[start:].startswith(begin)
        assert real.page_at(start) == page
    assert real.page_starts[5] == real.page_starts[6]  # page 6 holds an image only


def test_real_report_has_ten_chapters(real: Report) -> None:
    assert [chapter.label for chapter in real.chapters] == [f"TOP{n}" for n in range(1, 11)]
    assert real.chapters[0].title == (
        "TOP1：量子计算和量子通信技术，开始跑马圈地，2024 年将是量子计算生态构建元年"
    )
    assert real.chapters[9].title.endswith("日韩最受伤；AI 芯片爆发，RISC-V 乘势发展")
    assert real.chapter_at(0) is None
    assert real.title == "2024 年十大 IT 技术趋势 by 煤油灯科技"


def test_real_report_joins_lines_as_a_reader_would(real: Report) -> None:
    for joined in (
        "OPX（由Quantum Machines提供）相结合",
        "RT3000 和 Kistler S-Motion，可以",
        "Franklin Bitcoin ETF。其中六只",
        "独立的芯片系统上执行",
        "具体从https://huggingface.co/就可以看到有如何繁荣。",
        "where the machine learning community collaborates",
        "紧凑和流畅。它可以",
        "氢气的生产和储存一直是氢燃料电池发展的瓶颈",
    ):
        assert joined in real.text
    assert "图片来源：芯源微" in paragraphs(real)
    assert "QED-C 运作模式" in paragraphs(real)


def test_real_report_has_its_subheadings_and_no_captions_or_sentences_among_them(
    real: Report,
) -> None:
    assert [heading.title for heading in real.headings if heading.level == 2] == [
        "2023 年进展：",
        "2024趋势：开始跑马圈地，2024 是量子计算生态构建元年",
        "近几年发布的主要的大模型地图：",
        "区块链和WEB3 的三个领域趋势：",
        "1）数字货币走过艰难的质疑期",
        "2）WEB3新架构逐渐成型",
        "3）数字 Token、智能合约（IoT、数字藏品等）应用更广",
        "自动驾驶技术框架：",
        "1）车辆侧滑角估计",
        "2）自动驾驶车辆的的轨迹跟踪控制",
        "3）CAVS 的协同控制",
        "韩国急了！",
        "日本急了！",
        "芯片产业到底有多高的门槛？",
    ]


def test_real_report_keeps_every_character_but_its_furniture(real: Report) -> None:
    check(real)
    kept = []
    for line in REAL.read_text(encoding="utf-8").splitlines():
        content = line.strip()
        if content in ("http://www.victorlamp.com/", "7") or line.startswith(" " * 20):
            continue
        kept.append(content)
    expected = dense("".join(kept)).replace("\u2f5a", "片")
    assert dense(real.text) == expected


def test_real_report_without_its_trailing_spaces_keeps_chapters_pages_and_most_paragraphs(
    real: Report, read: Reader
) -> None:
    lines = REAL.read_text(encoding="utf-8").split("\n")
    bare = read("\n".join(line.rstrip() for line in lines))
    assert [chapter.title for chapter in bare.chapters] == [
        chapter.title for chapter in real.chapters
    ]
    assert len(bare.page_starts) == 34
    assert len(set(paragraphs(real)) & set(paragraphs(bare))) >= 0.95 * len(real.paragraphs)


# Invented documents, each in a layout of its own

ENGLISH_PDF = "\n".join(
    [
        "Harbour Works Quarterly",
        "",
        "Chapter 1 Dredging",
        "",
        "The basin was dredged to a depth of eleven metres before the winter storms reached",
        "the coast, and the spoil was carried to the northern bank. Mr. Hale measured the self-",
        "propelled barge twice.",
        "",
        "Harbour Works Page 1",
        "\fCosts stayed below the estimate, because the tug Marigold towed two barges on every",
        "tide and the crew",
        "",
        "Chapter 2 Quay walls",
        "",
        "Three quay walls need new anchors. The oldest was built in 1911 and leans by four",
        "centimetres, which the inspectors call tolerable for another decade of light traffic on",
        "",
        "Harbour Works Page 2",
        "\fits upper deck. Work starts in May.",
        "",
        "Harbour Works Page 3",
        "\f",
    ]
)


def test_english_text_of_a_pdf_with_form_feeds(read: Reader) -> None:
    report = read(ENGLISH_PDF)
    check(report)
    assert [chapter.label for chapter in report.chapters] == ["Chapter 1", "Chapter 2"]
    assert report.title == "Harbour Works Quarterly"
    assert "Page" not in report.text
    assert "the self-propelled barge twice." in report.text
    assert "another decade of light traffic on its upper deck. Work starts in May." in report.text
    assert [report.text[start:][:5] for start in report.page_starts] == ["Harbo", "Costs", "its u"]


def test_hard_wrapped_english_with_blank_lines_between_paragraphs(read: Reader) -> None:
    report = read(
        "Notes on bees\n\n"
        "A colony of bees keeps its brood at thirty-five degrees all year\n"
        "round, and it spends most of its honey on doing so. When a cold\n"
        "night comes, the workers close ranks.\n\n"
        "Drones do not work! They are fed until autumn, and\n"
        "then they are driven out of the hive by their sisters.\n"
    )
    check(report)
    assert paragraphs(report) == [
        "Notes on bees",
        "A colony of bees keeps its brood at thirty-five degrees all year round, and it spends most"
        " of its honey on doing so. When a cold night comes, the workers close ranks.",
        "Drones do not work! They are fed until autumn, and then they are driven out of the hive by"
        " their sisters.",
    ]
    assert len(report.sentences) == 5
    assert report.chapters[0].label == report.title == "Notes on bees"
    assert report.page_starts == ()


def test_chinese_with_a_paragraph_per_line_and_numbered_chapters(read: Reader) -> None:
    report = read(
        "茶园年报\r\n"
        "第一章　采摘\r\n"
        "春茶从三月下旬开始采摘，全园共雇用四十二人。雨水偏少，产量下降了一成。\r\n"
        "1. 明前茶\r\n"
        "明前茶只采一芽一叶，价格最高，但是产量最少。\r\n"
        "第二章　制作\r\n"
        "制作分为三步：\r\n"
        "1）摊青；\r\n"
        "2）杀青；\r\n"
        "3）干燥。"
    )
    check(report)
    assert [(chapter.label, chapter.title) for chapter in report.chapters] == [
        ("第一章", "第一章 采摘"),
        ("第二章", "第二章 制作"),
    ]
    assert len(report.paragraphs) == 10
    assert [heading.title for heading in report.headings] == [
        "第一章 采摘",
        "1. 明前茶",
        "第二章 制作",
    ]
    assert report.title == "茶园年报"


def test_hard_wrapped_chinese_with_indented_paragraphs(read: Reader) -> None:
    first = "　　河流在这一段转了三个弯，每一个弯都留下了一片很宽的沙"
    lines = [
        first,
        "滩，沙滩上的草每年春天都会被洪水带走，到了秋天又重新长出",
        "来。",
        "　　渔民在沙滩上晒网，他们的船停在第二个弯，那里的水最深，",
        "风也最小，所以大船可以过夜。",
    ]
    report = read("\n".join(lines))
    check(report)
    assert paragraphs(report) == [
        "".join(line.strip() for line in lines[:3]),
        "".join(line.strip() for line in lines[3:]),
    ]


def test_chinese_text_of_a_pdf_with_running_head_and_page_numbers(read: Reader) -> None:
    body = "山谷里的气象站已经连续工作了二十年每天三次记录风向和雨量数据"
    pages = []
    for page in range(1, 5):
        pages += [" 气象站简报", "", f"第{page}部分", "", body, "", body[:20] + "。", "", body, ""]
        pages += ["从不中断。", "", str(page)]
    report = read("\n".join(pages) + "\n")
    check(report)
    assert "气象站简报" not in report.text
    assert len(report.page_starts) == 4
    assert [chapter.label for chapter in report.chapters] == [f"第{n}部分" for n in range(1, 5)]
    assert paragraphs(report)[1:3] == [body + body[:20] + "。", body + "从不中断。"]


MARKDOWN = """---
title: "Garden log"
---
# Garden log

<!-- not for
readers -->
Plant **early** and use `peat_free` soil, see [the guide](https://example.org/a_(b) "Guide").
![a red tulip](tulip.png)

Costs
-----

| item | price |
|------|------:|
| pots | 3.50 |

### Tools

1. spade
2. *sharp* shears
   for hedges
- [x] gloves

## Results

```python
# not a heading
def grow(n):
    return n * 2
```

Snake_case_names stay, 2 * 3 * 4 stays, \\*stars\\* stay.
"""


def test_markdown_reads_clean(read: Reader) -> None:
    report = read(MARKDOWN, ".md")
    check(report)
    assert report.title == "Garden log"
    assert paragraphs(report) == [
        "Garden log",
        "Plant early and use peat_free soil, see the guide. a red tulip",
        "Costs",
        "item | price",
        "pots | 3.50",
        "Tools",
        "1. spade",
        "2. sharp shears for hedges",
        "gloves",
        "Results",
        "# not a heading",
        "def grow(n):",
        "return n * 2",
        "Snake_case_names stay, 2 * 3 * 4 stays, *stars* stay.",
    ]
    assert [chapter.label for chapter in report.chapters] == ["Costs", "Results"]
    assert [(heading.title, heading.level) for heading in report.headings] == [
        ("Costs", 1),
        ("Tools", 2),
        ("Results", 1),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a ***b*** c", "a b c"),
        ("中文**强调**中文", "中文强调中文"),
        ("`` a`b `` c", "a`b c"),
        ("an `open tick", "an `open tick"),
        ("<https://a.b/c_d_e>", "https://a.b/c_d_e"),
        ("x<br/>y &amp; z", "xy & z"),
        ("note[^1] here", "note here"),
        ("a [b][ref] c", "a b c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("open <!-- comment", "open <!-- comment"),
    ],
)
def test_markdown_inline_marks(read: Reader, source: str, expected: str) -> None:
    assert read(source, ".md").text == expected


def test_markdown_without_headings_is_one_chapter_named_by_the_file(read: Reader) -> None:
    report = read("Only text.\n\nMore text.", ".md")
    assert [(chapter.label, chapter.start, chapter.end) for chapter in report.chapters] == [
        ("report", 0, len(report.text))
    ]


# Layout details


def test_equal_headings_are_no_furniture(read: Reader) -> None:
    report = read(
        "\n".join(f"Report {n}\nSummary\nThe year went well in all {n} towns." for n in "abc")
    )
    assert report.text.count("Summary") == 3


def test_numbered_captions_are_no_chapters(read: Reader) -> None:
    report = read("Figure 1: Rain\nIt rained a lot.\nFigure 2: Sun\nThe sun shone a lot.")
    assert len(report.chapters) == 1


def test_list_items_are_no_chapters(read: Reader) -> None:
    report = read(
        "Shopping\n1. Apples\n2. Pears\n3. Plums\nAll of these are for the cake on Sunday."
    )
    assert len(report.chapters) == 1
    assert [heading.title for heading in report.headings] == ["Shopping"]


def test_numbered_chapters_may_hold_numbered_lists(read: Reader) -> None:
    section = (
        "Some text that is long enough to be read.\n1. one\n2. two\nMore text follows the list.\n"
    )
    report = read(f"Guide\n1. North\n{section}2. South\n{section}3. West\n{section}")
    assert [chapter.label for chapter in report.chapters] == ["1. North", "2. South", "3. West"]


def test_a_table_of_contents_does_not_hide_the_chapters(read: Reader) -> None:
    contents = "Atlas\nChapter 1 North\nChapter 2 South\n"
    body = "Chapter 1 North\nIt is cold in the north. " * 1 + "\nChapter 2 South\nIt is warm."
    report = read(contents + body)
    assert [chapter.title for chapter in report.chapters] == ["Chapter 1 North", "Chapter 2 South"]
    assert report.chapters[0].start == report.text.rindex("Chapter 1 North")


def test_form_feeds_make_pages_even_without_text(read: Reader) -> None:
    report = read("one\n\f\ftwo\n\f")
    assert report.page_starts == (0, 4, 4)


# Sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。再见！真的吗？！是的", ["你好。", "再见！", "真的吗？！", "是的"]),
        ("他说：“走吧。”我们走了。", ["他说：“走吧。”", "我们走了。"]),
        ("口号是“敢！”的公司很多。", ["口号是“敢！”的公司很多。"]),
        ("甲、乙……丙来了。", ["甲、乙……", "丙来了。"]),
        ("甲、乙……，丙来了。", ["甲、乙……，丙来了。"]),
        ("约 3.5 万（多！）人。够了。", ["约 3.5 万（多！）人。", "够了。"]),
        ("由S.Goldwasser提出。V12.1.2 发布。", ["由S.Goldwasser提出。", "V12.1.2 发布。"]),
        ("It rains. We stay, e.g. Here. Go!", ["It rains.", "We stay, e.g. Here.", "Go!"]),
        (
            "Acme Inc. Grew by 3.5 percent. Dr. No left.",
            ["Acme Inc. Grew by 3.5 percent.", "Dr. No left."],
        ),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("See no. 5 there. It is in U.S. Law.", ["See no. 5 there.", "It is in U.S. Law."]),
        ("It ended in 2023. 中文在后。", ["It ended in 2023.", "中文在后。"]),
        ('"Stop!" He ran.', ['"Stop!"', "He ran."]),
        ("see http://a.b/?q=1. Next one", ["see http://a.b/?q=1.", "Next one"]),
        ("1. Title of it", ["1. Title of it"]),
        ("甲；乙。", ["甲；乙。"]),
        ("  。  ", ["。"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_only_a_long_sentence_is_cut_at_semicolons() -> None:
    half = "这是很长的半句话" * 8
    assert sentences(f"{half}；{half}。") == [f"{half}；", f"{half}。"]


def test_sentences_of_a_part_keep_their_offsets() -> None:
    text = "前面。甲。 乙。后面。"
    assert [(span.start, span.end) for span in split_sentences(text, 3, 8)] == [(3, 5), (6, 8)]


# Encodings and refusals


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk", "big5"]
)
def test_encodings(read: Reader, encoding: str) -> None:
    text = "這是一份關於電腦與網路的報告，內容並不長。我們繼續寫下去。"
    if encoding in ("gb18030", "gbk"):
        text = "这是一份关于电脑与网络的报告，内容并不长。我们继续写下去。"
    assert read(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no text"),
        (b" \r\n\t\f\n", "no text"),
        (b"\xef\xbb\xbf", "no text"),
        (b"ab\x00cd", "byte 2 is NUL"),
        (b"%PDF-1.7 text", "a PDF"),
        (b"\x01\x02\x03\x04text", "control characters"),
        (b"plain text and \xff\xfe\xfa", "byte 15 (0xFF)"),
        ("un résumé très élégant".encode("latin-1"), "byte 4 (0xE9)"),
        ("多数是好的文字".encode() + b"\xe4\xb8" + "后面也是".encode(), "byte 21"),
        ("\ufeffab".encode("utf-16-le") + b"\x00", "byte order mark"),
    ],
)
def test_content_that_is_refused(read: Reader, content: bytes, words: str) -> None:
    with pytest.raises(ReportUnreadable) as caught:
        read(content)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message


def test_places_that_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "report.odt").write_text("text")
    for name, words in (
        ("missing.txt", "no such file"),
        ("folder.txt", "a folder"),
        ("pipe.txt", "no regular file"),
        ("report.odt", ".md, .txt"),
        ("n" * 300 + ".txt", "cannot be read"),
    ):
        with pytest.raises(ReportUnreadable, match=words):
            read_report(tmp_path / name)


# Benchmarks


def test_paragraphs_given_stay_paragraphs() -> None:
    report = report_from_paragraphs("bench", ["1. One.\nTwo.", "TOP1：甲", "TOP2：乙"])
    check(report)
    assert paragraphs(report) == ["1. One. Two.", "TOP1：甲", "TOP2：乙"]
    assert [chapter.label for chapter in report.chapters] == ["bench"]
    assert report.headings == ()
    assert report.name == "bench"


@pytest.mark.parametrize("given_paragraphs", [[], ["a", " \n"]])
def test_paragraphs_without_text_are_refused(given_paragraphs: list[str]) -> None:
    with pytest.raises(ReportUnreadable, match="bench"):
        report_from_paragraphs("bench", given_paragraphs)


# Properties

PIECES = st.sampled_from(
    [
        *(
            "中文",
            "芯片",
            "word",
            "Word",
            "3.5",
            "。",
            "！",
            "……",
            "；",
            ". ",
            "”",
            "“",
            "（",
            "）",
        ),
        *("😀", "e\u0301", "\n", "\n\n", " \n", "\r\n", "\f", " ", "  ", "\u3000", "\t", "- "),
        *(
            "TOP1：",
            "TOP2：",
            "第一章",
            "1）",
            "#",
            "```\n",
            "|",
            "*",
            "`",
            "[a](b)",
            "<!--",
            "-->",
        ),
        *("7", "x" * 70, "字" * 40),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=60).map("".join) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80
)


def as_read(text: str) -> str:
    return dense(
        "".join(
            unicodedata.normalize("NFKC", sign) if "\u2e80" <= sign <= "\u2fdf" else sign
            for sign in text
        )
    )


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_plain_text_keeps_its_characters_in_order(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode())
    if not re.sub(r"[\s\u200b-\u200d\u2060\ufeff]", "", text):
        with pytest.raises(ReportUnreadable):
            read_report(path)
        return
    report = read_report(path)
    check(report)
    furniture = "\f" in text or "\n" in text  # only then can a line be at a page's edge or repeat
    if not furniture:
        assert dense(report.text) == as_read(text.removeprefix("\ufeff"))
    else:
        remaining = iter(as_read(text))
        assert all(sign in remaining for sign in dense(report.text))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_markdown_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.md"
    path.write_bytes(text.encode())
    with contextlib.suppress(ReportUnreadable):  # marks alone are no text
        check(read_report(path))


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS.filter(lambda text: bool(text.strip())), min_size=1, max_size=5))
def test_any_paragraphs_stay_as_many(texts: list[str]) -> None:
    report = report_from_paragraphs("bench", texts)
    check(report)
    assert [dense(paragraph) for paragraph in paragraphs(report)] == [
        as_read(text) for text in texts
    ]


@pytest.mark.parametrize("suffix", [".txt", ".md"])
@pytest.mark.parametrize(
    "unit", ["中", "word ", "中。", "A b. ", "；", "[", "*a ", "`a ", "<a ", "”！）"]
)
def test_long_lines_are_read_in_linear_time(read: Reader, unit: str, suffix: str) -> None:
    report = read(unit * (200_000 // len(unit)) + "end", suffix)
    assert report.text.endswith("end")
