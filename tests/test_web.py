"""The page without a browser: HTML of reports and conversations, strings, guard, pacing."""

import json
import string
from collections.abc import Iterator, Mapping
from dataclasses import fields
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askreport.answering.examples import example_questions
from askreport.answering.suggestions import next_questions
from askreport.schema import (
    Answer,
    Chapter,
    Citation,
    Heading,
    Passage,
    Reason,
    Report,
    Span,
    Timings,
    Unsupported,
    Usage,
)
from askreport.web import chat as chat_module
from askreport.web.chat import Chat, paced
from askreport.web.keeping import as_json, as_markdown, restored, stored
from askreport.web.leaves import blocks
from askreport.web.markup import clean, text_language
from askreport.web.rendering import Exchange, lines, made, place, render_conversation
from askreport.web.shelf import render_outline, render_report
from askreport.web.strings import CHINESE, ENGLISH, LANGUAGES, Strings, preferred_language
from tests.e2e.fake_assistant import FAILURE, REFUSAL, FakeAssistant, cite
from tests.e2e.samples import hostile_answer, hostile_report, make_report, plain_report


class Reader(HTMLParser):
    """Reads HTML back: texts of the blocks by offsets, tags, attributes, links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocks: dict[tuple[int, int], str] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self.pages: list[str] = []
        self.attribute_names: set[str] = set()
        self._open: tuple[int, int] | None = None
        self._tag = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attribute_names |= set(values)
        if "href" in values:
            self.links.append(values["href"])
        if "data-page" in values:
            self.pages.append(values["data-page"])
        if "data-start" in values:
            self._open = (int(values["data-start"]), int(values["data-end"]))
            self._tag = tag
            self.blocks[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.blocks[self._open] += data


def conversation(answer: Answer, report: Report, strings: Strings = CHINESE) -> str:
    exchange = Exchange(answer.question, answer, done=True)
    return render_conversation([exchange], [report], strings)


def one_paragraph(text: str, **changes: Any) -> Report:
    whole = Span(0, len(text))
    values: dict[str, Any] = {
        "name": "a.txt",
        "text": text,
        "title": "t",
        "paragraphs": (whole,),
        "sentences": (whole,),
        "headings": (),
        "chapters": (),
        "page_starts": (),
        "source_digest": "",
    }
    return Report(**(values | changes))


# -- the report


@pytest.mark.parametrize("report", [plain_report(), hostile_report()])
def test_every_block_is_a_slice_of_the_report(report: Report) -> None:
    html = Reader(render_report([report]))
    assert len(html.blocks) == len(report.paragraphs)
    for (start, end), text in html.blocks.items():
        assert text == report.text[start:end]


@given(st.text(min_size=1))
def test_a_block_has_as_many_code_points_as_its_slice(text: str) -> None:
    report = one_paragraph(text)
    for block in blocks(report):
        assert block.text == clean(text)
        assert len(block.text) == block.end - block.start


def test_pages_stand_where_they_begin() -> None:
    report = plain_report()
    first, second = (
        blocks(report),
        {piece.page: piece.text for b in blocks(report) for piece in b.pieces},
    )
    assert next(first).pieces[0].page == 1
    assert second[2].startswith("个量子比特")
    assert second[3].startswith("机器人学会了")
    assert Reader(render_report([report])).pages == ["1", "2", "3"]


def test_a_page_that_begins_between_paragraphs_is_shown_at_the_next_one() -> None:
    report = one_paragraph("一。\n\n二。", paragraphs=(Span(0, 2), Span(4, 6)), page_starts=(0, 3))
    assert [[piece.page for piece in block.pieces] for block in blocks(report)] == [[1], [2]]


def test_of_pages_that_begin_together_the_last_is_shown() -> None:
    report = one_paragraph("一二。", page_starts=(0, 1, 1))
    assert [(piece.text, piece.page) for block in blocks(report) for piece in block.pieces] == [
        ("一", 1),
        ("二。", 3),
    ]


def test_a_heading_inside_a_paragraph_becomes_a_block_of_its_own() -> None:
    report = one_paragraph(
        "标题\n正文。",
        headings=(Heading("标题", 1, 0, 2),),
        chapters=(Chapter("标题", "标题", 0, 6),),
    )
    assert [(b.start, b.end, b.level, b.chapter) for b in blocks(report)] == [
        (0, 2, 1, 0),
        (2, 6, 0, None),
    ]


def test_a_chapter_that_begins_before_its_first_paragraph_is_found_at_it() -> None:
    report = one_paragraph("  一。", paragraphs=(Span(2, 4),), chapters=(Chapter("a", "a", 0, 4),))
    assert [block.chapter for block in blocks(report)] == [0]


def test_a_title_that_opens_the_text_is_shown_once() -> None:
    assert render_report([plain_report()]).count("三种设备的年度报告") == 1
    assert Reader(render_report([one_paragraph("正文。")])).tags == ["article", "h2", "div", "p"]


def test_an_empty_report_is_an_empty_document() -> None:
    report = one_paragraph("", paragraphs=(), sentences=())
    assert Reader(render_report([report])).tags == ["article", "h2"]


def test_what_html_would_drop_keeps_its_length() -> None:
    assert clean("a\x00b\rc\x0cd\ud800e") == "a\N{REPLACEMENT CHARACTER}b c d?e"


def test_the_outline_names_every_chapter_in_the_readers_language() -> None:
    html = render_outline([plain_report()], ENGLISH)
    assert Reader(html).links == ["#c-0-0", "#c-0-1", "#c-0-2"]
    assert "Contents" in html
    assert "TOP3：Batteries &amp; &lt;Energy&gt;" in html


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", ""),
        ("123 。", ""),
        ("IBM 发布了 Heron 芯片", "zh"),
        ("The report does not say.", "en"),
        ("Größe und Straße", ""),
        ("量子コンピューターです", "ja"),
        ("양자 컴퓨터", "ko"),
        ("A long English sentence that quotes the one word 量子 and goes on.", "en"),
    ],
)
def test_language_by_script(text: str, language: str) -> None:
    assert text_language(text) == language


class CountedText(str):
    """Counts the letters that are read of it one by one."""

    letters_read = 0

    def __iter__(self) -> Iterator[str]:
        for letter in super().__iter__():
            self.letters_read += 1
            yield letter


def test_a_long_report_is_not_read_through_for_each_citation() -> None:
    text = CountedText("量" * 100_000)
    report = one_paragraph(text)
    citations = tuple(
        Citation(number, "量", number, number + 1, None, None, report.name)
        for number in range(1, 21)
    )
    answer = Answer("?", "甲[1]", False, 1.0, "write", citations)
    assert 'lang="zh"' in conversation(answer, report)
    assert 0 < text.letters_read <= 5_000


# -- the conversation


def test_only_markers_with_a_citation_become_links() -> None:
    report = plain_report()
    quote = report.sentences[3]
    citation = Citation(
        2, report.text[quote.start : quote.end], *_at(quote), "TOP1", 2, report.name
    )
    answer = Answer("?", "甲[1]乙[2]丙[02]丁[99999]", False, 1.0, "write", (citation,))
    address = f"#s-0-{quote.start}-{quote.end}"
    html = conversation(answer, report)
    assert Reader(html).links == [address, address, "?q=%3F"]
    assert "甲[1]乙" in html
    assert "丙[02]丁[99999]" in html


def test_a_citation_of_a_report_that_is_not_on_the_page_stays_text() -> None:
    citation = Citation(1, "x", 0, 1, None, None, "other.txt")
    html = conversation(Answer("?", "甲[1]", False, 1.0, "write", (citation,)), plain_report())
    assert Reader(html).links == ["?q=%3F"]
    assert "甲[1]" in html


def test_hostile_text_stays_text() -> None:
    report = hostile_report()
    html = Reader(conversation(hostile_answer(report), report) + render_report([report]))
    assert not {"script", "img", "style", "b", "i", "u"} & set(html.tags)
    assert html.tags.count("svg") == 2  # our own thumbs
    assert not {"onclick", "onerror", "onload", "src"} & html.attribute_names
    assert all(link.startswith(("#s-0-", "?q=%3Ci%3E")) for link in html.links)
    assert len(html.links) == 3


def test_a_place_is_chapter_and_page_as_far_as_there_are_any() -> None:
    assert place(Citation(1, "", 0, 0, "TOP6", 12, "r"), CHINESE) == "TOP6 · 第 12 页"
    assert place(Citation(1, "", 0, 0, None, 12, "r"), ENGLISH) == "p. 12"
    assert place(Citation(1, "", 0, 0, "Costs", None, "r"), ENGLISH) == "Costs"
    assert place(Citation(1, "", 0, 0, None, None, "r"), ENGLISH) == ""


def written_answer(text: str, *unsupported: Unsupported) -> tuple[Answer, Report]:
    report = plain_report()
    citation = cite(report, report.sentences[3], 1)
    return Answer("?", text, False, 1.0, "write", (citation,), unsupported=unsupported), report


def test_what_is_not_supported_is_underlined_and_told() -> None:
    doubted = Unsupported(5, 14, "number", ("<99>", "7"))
    answer, report = written_answer("甲[1]。乙<99>[1]。丙[1]。", doubted)
    html = conversation(answer, report, ENGLISH)
    before, marked = html.split('<span class="doubted">')
    assert Reader(before).links == Reader(marked).links[:1]
    sentence, after = marked.split("</span>", 1)
    assert sentence.startswith("乙&lt;99&gt;<sup><a ")
    assert "。" in sentence
    assert after.startswith(
        ' <span class="doubt" lang="en">not supported: &lt;99&gt;, 7 is not in its sources</span> 丙'
    )


def test_a_sentence_on_two_lines_is_told_about_once() -> None:
    answer, report = written_answer("甲：\n乙[1]。\n丙。", Unsupported(0, 8, "meaning"))
    html = conversation(answer, report)
    assert html.count('<span class="doubted">') == 2
    assert html.count('<span class="doubt"') == 1
    assert "<p>丙。</p>" in html


@pytest.mark.parametrize("strings", LANGUAGES.values())
@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_words(reason: Reason, strings: Strings) -> None:
    answer, report = written_answer("甲。", Unsupported(0, 2, reason, ("一三五",)))
    html = conversation(answer, report, strings)
    assert ("一三五" in html) == (reason not in ("uncited", "meaning"))
    assert strings.doubts[reason].split("{")[0] in html


@given(st.lists(st.tuples(st.integers(-9, 30), st.integers(-9, 30)), max_size=4))
def test_places_of_unknown_make_lose_no_word(places: list[tuple[int, int]]) -> None:
    doubted = [Unsupported(start, end, "uncited") for start, end in places]
    answer, _ = written_answer("甲乙\n\n 丙[1]丁。\r\n戊", *doubted)
    found = lines(answer, [], ENGLISH)
    shown = ["".join(part.text for one in line for part in one.parts) for line in found]
    assert shown == ["甲乙", "丙[1]丁。", "戊"]


def test_a_refusal_a_notice_and_a_completed_question_are_shown() -> None:
    answer = Answer(
        "它呢？", "没有写。", True, 0.1, "quote", query="芯片呢？", notice="模型连不上。"
    )
    html = conversation(answer, plain_report())
    assert "answer refused" in html
    assert "模型连不上。" in html
    assert "查的是：芯片呢？" in html
    assert "looked-up" not in conversation(
        Answer("它呢？", "没有写。", True, 0.1, "quote", query=" 它呢？"), plain_report()
    )


# -- questions in, conversations out


def run(chat: Chat, question: str, before: tuple[Exchange, ...] = ()) -> list[Any]:
    return list(chat.respond(question, before, "en"))


@pytest.fixture
def chat() -> Chat:
    return Chat(FakeAssistant((plain_report(),)), max_question_chars=50)


def test_the_question_is_shown_before_its_answer(chat: Chat) -> None:
    first, *_, last = run(chat, " 充电 ")
    assert ENGLISH.looking in first[0]
    assert first[1] == (Exchange("充电"),)
    assert (first[2]["value"], first[2]["stop_btn"]) == ("", "Stop")
    [exchange] = last[1]
    assert (exchange.question, exchange.done) == ("充电", True)
    assert "Solid-state cells 在冬天也能充电。" in last[0]


def test_a_conversation_keeps_no_passages(chat: Chat) -> None:
    [exchange] = run(chat, "充电")[-1][1]
    assert exchange.answer is not None
    assert exchange.answer.passages == ()


def test_what_was_said_is_the_history_of_the_next_question(chat: Chat) -> None:
    before = run(chat, "量子比特")[-1][1]
    after = run(chat, "充电", before)[-1][1]
    assert [exchange.question for exchange in after] == ["量子比特", "充电"]
    assert after[1].answer.query == "量子比特 充电"


@pytest.mark.parametrize(
    ("question", "line"),
    [("@fail", FAILURE), ("@crash", ENGLISH.failed), ("no such word", REFUSAL)],
)
def test_no_question_goes_unanswered(chat: Chat, question: str, line: str) -> None:
    html, after, *_ = run(chat, question)[-1]
    assert line in html
    assert after[0].done


@pytest.mark.parametrize("question", ["", " \n\t", "长" * 51, "x" * 1_000_000])
def test_a_question_that_cannot_be_asked_changes_nothing(chat: Chat, question: str) -> None:
    [(html, after, box, _)] = run(chat, question)
    assert 'role="alert"' in html
    assert after == ()
    assert box != ""


def test_a_question_that_utf8_cannot_carry_is_answered(chat: Chat) -> None:
    html = run(chat, "\ud800\x00?")[-1][0]
    html.encode("utf-8")
    assert REFUSAL in html


def test_answers_are_paced_and_the_last_always_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(chat_module.time, "monotonic", lambda: clock[0])

    def grow() -> Iterator[Answer]:
        for step in range(10):
            clock[0] = step * 0.25
            yield Answer("", str(step), False, 1.0, "write")

    shown = [answer.answer for answer in paced(grow(), 1.0)]
    assert shown == ["0", "4", "8", "9"]
    assert list(paced(iter(()), 1.0)) == []


# -- what stands below an answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("", "", False, 0.8, "quote"), "Quoted from the report · very sure"),
        (Answer("", "", False, 0.79, "quote"), "Quoted from the report · fairly sure"),
        (
            Answer("", "", False, 0.39, "write", timings=Timings(1, 2, 12_345)),
            "Written by qwen3, checked against its sources · not sure, please check the report · 12 s",
        ),
        (
            Answer("", "甲", False, 0.9, "write", unsupported=(Unsupported(0, 1, "uncited"),)),
            "Written by qwen3, checked against its sources · not sure, please check the report",
        ),
        (Answer("", "", True, 0.02, "quote", timings=Timings(1, 2, 31)), "0.03 s"),
        (
            Answer("", "", True, 0.02, "quote", usage=Usage(1234, 5)),
            "1,234 tokens read, 5 written",
        ),
    ],
)
def test_how_an_answer_was_made_is_told_in_words(answer: Answer, words: str) -> None:
    assert made(answer, ENGLISH, "qwen3") == words


def test_a_refusal_shows_the_nearest_places_and_no_source() -> None:
    report = plain_report()
    near = tuple(
        Passage(report.text[s.start : s.end], s.start, s.end, "TOP1", 2, 1.0, report.name)
        for s in report.sentences[:5]
    )
    html = conversation(Answer("?", "没有写。", True, 0.01, "quote", passages=near), report)
    assert html.count('class="near"') == 3
    assert f"#s-0-{near[0].start}-{near[0].end}" in Reader(html).links
    assert "TOP1 · 第 2 页" in html
    assert 'class="source"' not in html


def test_an_answers_link_asks_the_completed_question() -> None:
    answer = Answer("它呢？", "x", False, 1.0, "quote", query="a&b=芯片")
    assert "?q=a%26b%3D%E8%8A%AF%E7%89%87" in Reader(conversation(answer, plain_report())).links


def test_a_quote_that_the_report_no_longer_holds_is_listed_without_a_link() -> None:
    citation = Citation(1, "别的话", 0, 3, None, None, "devices.txt")
    html = conversation(Answer("?", "甲[1]", False, 1.0, "quote", (citation,)), plain_report())
    assert Reader(html).links == ["?q=%3F"]
    assert "别的话" in html
    assert CHINESE.source_gone in html


def test_keys_of_paragraphs_outlive_what_happens_elsewhere() -> None:
    before = {block.text: block.key for block in blocks(plain_report())}
    after = {
        b.text: b.key
        for b in blocks(
            make_report("b.txt", {"新的一章": ["机器人学会了叠衣服，只用了一个下午。"]})
        )
    }
    assert (
        after["机器人学会了叠衣服，只用了一个下午。"]
        == before["机器人学会了叠衣服，只用了一个下午。"]
    )


def test_paragraphs_with_the_same_words_have_keys_of_their_own() -> None:
    keys = [block.key for block in blocks(make_report("a.txt", {"甲": ["同。", "同。", "同。"]}))]
    assert len(set(keys)) == 4
    assert keys[2:] == [f"{keys[1]}-2", f"{keys[1]}-3"]


# -- stop, again, edit


def test_what_was_stopped_stays_and_says_so(chat: Chat) -> None:
    running = chat.respond("量子比特", (), "en")
    next(running)
    unfinished = next(running)[1]
    html, [exchange], box, kept = chat.stop(unfinished, "en")
    assert (exchange.done, exchange.stopped) == (True, True)
    assert ENGLISH.stopped in html
    assert box["stop_btn"] is False
    assert kept[0]["question"] == "量子比特"


def test_again_replaces_the_last_answer(chat: Chat) -> None:
    before = run(chat, "充电", run(chat, "量子比特")[-1][1])[-1][1]
    *_, last = chat.retry(before, "en")
    assert [exchange.question for exchange in last[1]] == ["量子比特", "充电"]
    assert list(chat.retry((), "en")) == []


def test_editing_a_question_drops_it_and_what_came_after(chat: Chat) -> None:
    before = run(chat, "充电", run(chat, "量子比特")[-1][1])[-1][1]
    _, after, box, kept = chat.edit(before, "en", -2)
    assert (after, kept, box["value"]) == ((), [], "量子比特")
    assert chat.edit(before, "en", -1)[1] == before[:1]
    assert chat.edit(before, "en", -3)[1] == chat.edit(before, "en", 0)[1] == before


def test_a_question_alone_is_not_completed_from_the_conversation(chat: Chat) -> None:
    before = run(chat, "量子比特")[-1][1]
    *_, last = chat.respond("充电", before, "en", alone=True)
    assert last[1][1].answer.query == "充电"


# -- kept by the browser, taken away


def test_a_conversation_comes_back_from_the_browser_as_it_was(chat: Chat) -> None:
    shown, conversation, _, kept = run(chat, "充电", run(chat, "no such word")[-1][1])[-1]
    again = restored(json.loads(json.dumps(kept)), chat.assistant.reports)
    assert again == conversation
    assert chat.show(again, ENGLISH) == shown


@pytest.mark.parametrize(
    "value", [None, "x", 7, {}, [1], [{"question": 1}], [{"question": "a", "answer": {"b": []}}]]
)
def test_what_is_no_conversation_comes_back_as_none(value: object) -> None:
    assert restored(value, [plain_report()]) == ()


def test_a_quote_that_moved_is_found_again() -> None:
    report = plain_report()
    quote = "机器人学会了叠衣服，只用了一个下午。"
    moved = Citation(1, quote, 3, 5, None, None, report.name)
    exchange = Exchange("?", Answer("?", "甲[1]", False, 1.0, "quote", (moved,)), done=True)
    [again] = restored(stored([exchange]), [report])
    assert again.answer is not None
    [citation] = again.answer.citations
    assert report.text[citation.start : citation.end] == quote
    assert (citation.chapter, citation.page) == ("TOP2", 3)


def test_what_the_browser_keeps_is_bounded_and_loses_the_oldest() -> None:
    exchanges = [Exchange(f"{number}" + "长" * 8_000, done=True) for number in range(5)]
    kept = stored(exchanges)
    assert [row["question"][0] for row in kept] == ["3", "4"]


def test_markdown_has_a_footnote_for_every_citation(chat: Chat) -> None:
    before = run(chat, "*充电*", run(chat, "叠衣服")[-1][1])[-1][1]
    text = as_markdown(before, chat.assistant.reports, CHINESE)
    assert text.splitlines() == [
        "# 三种设备的年度报告",
        "",
        "## 叠衣服",
        "",
        "机器人学会了叠衣服，只用了一个下午。[^1-1]",
        "",
        "[^1-1]: TOP2 · 第 3 页: 机器人学会了叠衣服，只用了一个下午。",
        "",
        "## \\*充电\\*",
        "",
        REFUSAL,
    ]


def test_what_is_not_supported_is_told_in_files_too() -> None:
    answer, report = written_answer("甲[1]。\n乙99[1]。", Unsupported(6, 13, "number", ("99",)))
    exchange = Exchange("?", answer, done=True)
    text = as_markdown([exchange], [report], CHINESE)
    assert "甲[^1-1]。\n\n乙99[^1-1]。 (未证实：出处里没有 99)\n" in text
    [row] = json.loads(as_json([exchange]))
    assert row["unsupported"] == [{"start": 6, "end": 13, "reason": "number", "words": ["99"]}]
    assert restored(stored([exchange]), [report]) == (exchange,)


def test_json_has_every_citation(chat: Chat) -> None:
    [row] = json.loads(as_json(run(chat, "叠衣服")[-1][1]))
    [citation] = row["citations"]
    assert citation["quote"] == "机器人学会了叠衣服，只用了一个下午。"
    assert "passages" not in row
    assert json.loads(as_json([Exchange("?", problem="坏了。", done=True)])) == [
        {"question": "?", "problem": "坏了。"}
    ]


# -- questions to go on with


def test_next_questions_begin_with_the_chapter_that_was_cited() -> None:
    report = make_report(
        "a.txt",
        {"TOP1：芯片": ["光刻机是指刻线的机器。"], "TOP2：电池": ["固态电池是指没有液体的电池。"]},
    )
    cited = cite(report, report.sentences[1], 1)
    answer = Answer("?", "x[1]", False, 1.0, "quote", (cited,))
    everything = next_questions([report], answer, ())
    assert any("芯片" in question for question in everything[:1])
    assert not any("光刻机" in question for question in everything)  # it was just read
    assert any("固态电池" in question for question in everything)
    assert everything[0] not in next_questions([report], answer, everything[:1])


def test_without_any_place_the_next_questions_are_examples() -> None:
    answer = Answer("?", "没有。", True, 0.0, "quote")
    assert next_questions([plain_report()], answer, ()) == example_questions([plain_report()])[:3]
    assert next_questions([], answer, ()) == []


# -- strings


def sayings(strings: Strings) -> dict[str, str]:
    """Every text of a language by its name."""
    texts: dict[str, str] = {}
    for field in fields(Strings):
        value = getattr(strings, field.name)
        parts = value if isinstance(value, Mapping) else {"": value}
        texts |= {f"{field.name} {name}": text for name, text in parts.items()}
    return texts


def test_each_language_says_everything() -> None:
    for strings in LANGUAGES.values():
        for name, text in sayings(strings).items():
            assert text.strip(), (strings.code, name)
        assert strings.other_code in LANGUAGES


def test_both_languages_fill_the_same_slots() -> None:
    def slots(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    chinese, english = sayings(CHINESE), sayings(ENGLISH)
    assert list(chinese) == list(english)
    for name, text in chinese.items():
        assert slots(text) == slots(english[name])


@pytest.mark.parametrize("strings", LANGUAGES.values(), ids=lambda strings: strings.code)
def test_no_string_speaks_of_the_machinery(strings: Strings) -> None:
    said = " ".join(sayings(strings).values()).lower()
    for word in ("chunk", "embedding", "top-k", "passage", "score", "分块", "向量"):
        assert word not in said


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr-FR, zh;q=0.3, en;q=0.7", "en"),
        ("fr-FR,de;q=0.5", "en"),
        ("en;q=0.1,zh;q=0.9", "zh-CN"),
        ("*;q=0.5", "en"),
        ("en;q=..,zh;q=0.5", "zh-CN"),
    ],
)
def test_the_language_that_the_browser_prefers(header: str, code: str) -> None:
    assert preferred_language(header) == code


@given(st.text(max_size=200))
def test_any_accept_language_header_names_a_language(header: str) -> None:
    assert preferred_language(header) in LANGUAGES


def test_made_reports_are_consistent() -> None:
    report = make_report("a.txt", {"一：甲": ["乙。丙。"]})
    assert [report.text[s.start : s.end] for s in report.sentences] == ["一：甲", "乙。", "丙。"]


def _at(span: Span) -> tuple[int, int]:
    return span.start, span.end


def test_the_number_that_was_asked_for_is_set_in_bold() -> None:
    _, report = written_answer("")
    text, citation = "报告第 3 页：\n甲卖了 40 台[1]。", cite(report, report.sentences[3], 1)
    answer = Answer("?", text, False, 1.0, "quote", (citation,), query="卖了多少台？")
    html = conversation(answer, report, CHINESE)
    assert html.count("<strong>") == 1
    assert "<strong>40 台</strong>" in html
