"""Reports and conversations as HTML.

The templates in templates/ are the only HTML, and Jinja escapes every value that it puts into them:
an answer, a question and a report are data, whatever they look like. The text of a block is the
report's own, code point for code point, so that the browser can find a citation by counting.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import quote as percent_encoded

from jinja2 import Environment, PackageLoader, StrictUndefined

from askreport.schema import Answer, Citation, Passage, Report, Unsupported
from askreport.web.strings import Strings

_MARKER: Final = re.compile(r"\[([1-9][0-9]{0,3})\]")
# What HTML would drop or change gets a stand-in of the same length, so that offsets keep.
_STAND_INS: Final = {0x00: "\N{REPLACEMENT CHARACTER}", 0x0C: " ", 0x0D: " "}
_LETTERS_LOOKED_AT: Final = 4000
_KEY_DIGITS: Final = 10  # of a SHA-256; a counter tells repeats apart
_LEAF_BLOCKS: Final = 30  # the browser lays out a leaf at a time, when it comes into view
_HUES: Final = 6  # colours of citations, in turn
_NEAREST: Final = 3
_CHAPTERS_SHOWN: Final = 12
_SNIPPET_CHARS: Final = 60
_SURE: Final = 0.8  # estimated probability that the report answers the question
_FAIRLY_SURE: Final = 0.4
_CHINESE_SHARE: Final = 0.1  # Chinese prose about technology is full of Latin names

_TEMPLATES: Final = Environment(
    loader=PackageLoader("askreport.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it: an answer, so far or whole, or a problem told in one line.

    `stopped`: the reader did not wait for the rest. `following` are questions to go on with.
    """

    question: str
    answer: Answer | None = None
    done: bool = False
    problem: str = ""
    stopped: bool = False
    following: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block. `page` is set where that page begins with it."""

    text: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`level` 0) or a heading. `chapter` is set on the first block of a chapter.

    `key` names the block by its words, so that a link to it outlives a rebuilt index.
    """

    start: int
    end: int
    level: int
    chapter: int | None
    pieces: tuple[Piece, ...]
    key: str

    @property
    def text(self) -> str:
        """The block's text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a citation's link leads: a slice of the report that stands at `report` on the page.

    Not `found`: the report has other words at that place by now, and there is nothing to link to.
    """

    citation: Citation
    report: int
    language: str
    found: bool

    @property
    def hue(self) -> int:
        """Which of the colours it has, from 1."""
        return (self.citation.number - 1) % _HUES + 1

    @property
    def quote(self) -> str:
        """The quote as it can be shown."""
        return clean(self.citation.quote)

    @property
    def address(self) -> str:
        """The link's fragment, `#s-REPORT-START-END`."""
        return f"#s-{self.report}-{self.citation.start}-{self.citation.end}"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer: plain text, or a marker that has a citation."""

    text: str
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Parts of one line of an answer, all of them supported or not.

    `doubt` says in words why its sentence is not supported, "" where it is; of a sentence on
    several lines the last has it. `is_doubted` is true on all.
    """

    parts: tuple[Part, ...]
    is_doubted: bool = False
    doubt: str = ""


def render_report(reports: Sequence[Report]) -> str:
    """All reports, one below the other, each paragraph with its offsets. No interface words."""
    return _TEMPLATES.get_template("report.html").render(shelf=[_document(r) for r in reports])


def render(template: str, **values: object) -> str:
    """A template of templates/, every value escaped."""
    return _TEMPLATES.get_template(template).render(**values)


def render_name(strings: Strings) -> str:
    """The page's own name."""
    return _TEMPLATES.get_template("name.html").render(strings=strings)


def render_outline(reports: Sequence[Report], strings: Strings) -> str:
    """The bar above the report: contents by chapter, and the way back to the chat on a phone."""
    return _TEMPLATES.get_template("outline.html").render(
        shelf=[
            {
                "title": clean(report.title),
                "language": text_language(report.text),
                "chapters": [clean(chapter.title) for chapter in report.chapters],
            }
            for report in reports
        ],
        strings=strings,
    )


def render_conversation(
    exchanges: Sequence[Exchange],
    reports: Sequence[Report],
    strings: Strings,
    hint: str = "",
    model: str = "",
) -> str:
    """The conversation so far; `hint` is one line for the reader, below it.

    `model` is the name of the chat model that writes answers, "" where it is not known.
    """
    shelf = {report.name: (number, report) for number, report in enumerate(reports)}
    return _TEMPLATES.get_template("conversation.html").render(
        exchanges=[_exchange_view(exchange, shelf, strings, model) for exchange in exchanges],
        shelf=[] if exchanges else [_introduction(report, strings) for report in reports],
        strings=strings,
        place=lambda cited: place(cited, strings),
        hint=hint,
    )


def blocks(report: Report) -> Iterator[Block]:
    """The report's paragraphs and headings in order; their texts are slices of the report."""
    bounds = sorted({edge for heading in report.headings for edge in (heading.start, heading.end)})
    levels = {heading.start: heading.level for heading in report.headings}
    pages = {start: number for number, start in enumerate(report.page_starts, start=1)}
    page_starts = sorted(pages)
    chapter_starts = [chapter.start for chapter in report.chapters]
    next_chapter = 0
    next_page = 0
    repeats: Counter[str] = Counter()
    for start, end in _cut(((span.start, span.end) for span in report.paragraphs), bounds):
        if not report.text[start:end].strip():
            continue
        chapter = None
        while next_chapter < len(chapter_starts) and chapter_starts[next_chapter] < end:
            chapter, next_chapter = next_chapter, next_chapter + 1
        first_page = next_page
        while next_page < len(page_starts) and page_starts[next_page] < end:
            next_page += 1
        breaks = {max(edge, start): pages[edge] for edge in page_starts[first_page:next_page]}
        level, pieces = levels.get(start, 0), tuple(_pieces(report, start, end, breaks))
        key = _key(report.text[start:end])
        repeats[key] += 1
        key += f"-{repeats[key]}" if repeats[key] > 1 else ""
        yield Block(start, end, level, chapter, pieces, key)


def lines(answer: Answer, targets: Sequence[Target], strings: Strings) -> list[list[Stretch]]:
    """The answer's lines, each a list of stretches. A marker without a place stays plain text."""
    by_number = {target.citation.number: target for target in targets if target.found}
    text = clean(answer.answer)
    found: list[list[Stretch]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        bounds = _trimmed(text, start, start + len(line))
        start += len(line)
        stretches = list(_stretches(text, *bounds, answer.unsupported, by_number, strings))
        found += [stretches] if stretches else []
    return found


def doubt(unsupported: Unsupported, strings: Strings) -> str:
    """Why a sentence is not supported, in words."""
    words = strings.word_separator.join(clean(word) for word in unsupported.words)
    return strings.doubts[unsupported.reason].format(words=words)


def place(citation: Citation | Passage, strings: Strings) -> str:
    """Where a quote stands, in words: its chapter and page, as far as it has them."""
    page = strings.page.format(page=citation.page) if citation.page is not None else ""
    return " · ".join(clean(word) for word in (citation.chapter, page) if word)


def text_language(text: str) -> str:
    """BCP 47 code by script: "zh", "ja", "ko", "en" for ASCII letters, else "" (unknown)."""
    letters = [letter for letter in text if letter.isalpha()][:_LETTERS_LOOKED_AT]
    if not letters:
        return ""
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in letters]
    if any(script in ("HIRAGANA", "KATAKANA") for script in scripts):
        return "ja"
    if "HANGUL" in scripts:
        return "ko"
    if scripts.count("CJK") >= _CHINESE_SHARE * len(letters):
        return "zh"
    others = [letter for letter, script in zip(letters, scripts, strict=True) if script != "CJK"]
    return "en" if all(letter.isascii() for letter in others) else ""


def clean(text: str) -> str:
    """The text with what HTML or UTF-8 cannot carry replaced, its length unchanged."""
    return text.translate(_STAND_INS).encode("utf-8", "replace").decode("utf-8")


def _document(report: Report) -> dict[str, object]:
    """A report for the template; a title that opens the text is not shown twice."""
    title = clean(report.title).strip()
    body = list(blocks(report))
    tags = [f"h{min(block.level + 2, 6)}" if block.level else "p" for block in body]
    opens_with_title = bool(body) and body[0].text.strip() == title
    if opens_with_title:
        tags[0] = "h2"
    tagged = list(zip(tags, body, strict=True))
    return {
        "title": "" if opens_with_title else title,
        "language": text_language(report.text),
        "leaves": [tagged[at : at + _LEAF_BLOCKS] for at in range(0, len(tagged), _LEAF_BLOCKS)],
    }


def made(answer: Answer, strings: Strings, model: str = "") -> str:
    """How an answer was made, how sure it is, how long it took and what it cost, in words."""
    how = strings.quoted
    if answer.mode == "write":
        how = strings.written.format(model=clean(model) or strings.some_model)
    sure = strings.sure if answer.confidence >= _SURE else strings.unsure
    if _FAIRLY_SURE <= answer.confidence < _SURE:
        sure = strings.fairly_sure
    if answer.unsupported:
        sure = strings.unsure
    seconds = answer.timings.total / 1000
    took = strings.took.format(seconds=f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}")
    known = [took] if answer.timings.total > 0 else []
    if answer.usage:
        read, wrote = answer.usage.input_tokens, answer.usage.output_tokens
        known.append(strings.tokens.format(read=f"{read:,}", wrote=f"{wrote:,}"))
    return " · ".join(known if answer.refused else [how, sure, *known])


def _exchange_view(
    exchange: Exchange, shelf: Mapping[str, tuple[int, Report]], strings: Strings, model: str
) -> dict[str, object]:
    answer, question = exchange.answer, clean(exchange.question)
    view: dict[str, object] = {
        "question": question,
        "question_language": text_language(question),
        "problem": clean(exchange.problem),
        "done": exchange.done,
        "stopped": exchange.stopped,
        "made": "",
        "following": [(clean(text), text_language(text)) for text in exchange.following],
        "answer": answer,
        "link": "?q=" + percent_encoded(question),
    }
    if answer is None:
        return view
    looked_up = clean(answer.query).strip() or question.strip()
    targets = list(_targets(answer, shelf))
    return view | {
        "language": text_language(answer.answer),
        "notice": clean(answer.notice),
        "looked_up": looked_up if looked_up != question.strip() else "",
        "lines": lines(answer, targets, strings),
        "targets": targets,
        "nearest": list(_nearest(answer, shelf)) if answer.refused else [],
        "made": made(answer, strings, model) if exchange.done and not exchange.stopped else "",
        "link": "?q=" + percent_encoded(looked_up),  # by itself, the link has no conversation
    }


def _targets(answer: Answer, shelf: Mapping[str, tuple[int, Report]]) -> Iterator[Target]:
    for citation in answer.citations:
        if citation.report in shelf:
            number, report = shelf[citation.report]
            found = citation.start >= 0 and report.text[citation.start : citation.end]
            yield Target(citation, number, text_language(report.text), found == citation.quote)


def _nearest(
    answer: Answer, shelf: Mapping[str, tuple[int, Report]]
) -> Iterator[tuple[Passage, str, str, str]]:
    """Passages that come closest: each with its address, its first words and their language."""
    for passage in answer.passages[:_NEAREST]:
        if passage.report in shelf:
            number, report = shelf[passage.report]
            address = f"#s-{number}-{passage.start}-{passage.end}"
            words = " ".join(clean(passage.text[:_SNIPPET_CHARS]).split())
            yield passage, address, words, text_language(report.text)


def _introduction(report: Report, strings: Strings) -> dict[str, object]:
    """What can be asked about: a report's title, size and first chapters."""
    return {
        "title": clean(report.title),
        "language": text_language(report.text),
        "size": _size(report, strings),
        "chapters": [clean(chapter.title) for chapter in report.chapters[:_CHAPTERS_SHOWN]],
    }


def _size(report: Report, strings: Strings) -> str:
    counts = (
        (strings.size_chapters, len(report.chapters)),
        (strings.size_pages, len(report.page_starts)),
        (strings.size_characters, len(report.text)),
    )
    return " · ".join(words.format(count=f"{count:,}") for words, count in counts if count)


def _key(text: str) -> str:
    """A name made of the words alone: white space comes and goes with the reader of a file."""
    words = "".join(text.split()).encode("utf-8", "replace")
    return hashlib.sha256(words).hexdigest()[:_KEY_DIGITS]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start:end` without the white space at its ends."""
    line = text[start:end]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _stretches(
    text: str,
    start: int,
    end: int,
    unsupported: Sequence[Unsupported],
    targets: Mapping[int, Target],
    strings: Strings,
) -> Iterator[Stretch]:
    for one in sorted(unsupported, key=lambda one: one.start):
        first, last = max(start, one.start), min(end, one.end)
        if first >= last:
            continue
        if start < first:
            yield Stretch(tuple(_parts(text[start:first], targets)))
        reason = doubt(one, strings) if last == one.end else ""
        yield Stretch(tuple(_parts(text[first:last], targets)), True, reason)
        start = last
    if start < end:
        yield Stretch(tuple(_parts(text[start:end], targets)))


def _parts(text: str, targets: Mapping[int, Target]) -> Iterator[Part]:
    done = 0
    for match in _MARKER.finditer(text):
        target = targets.get(int(match.group(1)))
        if target is None:
            continue
        if match.start() > done:
            yield Part(text[done : match.start()])
        yield Part(match.group(1), target)
        done = match.end()
    if done < len(text):
        yield Part(text[done:])


def _cut(spans: Iterable[tuple[int, int]], bounds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans, cut further at those bounds that lie inside them. Both are in order."""
    upcoming = 0
    for start, end in spans:
        while upcoming < len(bounds) and bounds[upcoming] < end:
            if bounds[upcoming] > start:
                yield start, bounds[upcoming]
                start = bounds[upcoming]
            upcoming += 1
        yield start, end


def _pieces(report: Report, start: int, end: int, breaks: Mapping[int, int]) -> Iterator[Piece]:
    for piece_start, piece_end in pairwise([*sorted({start, *breaks}), end]):
        yield Piece(clean(report.text[piece_start:piece_end]), breaks.get(piece_start))
