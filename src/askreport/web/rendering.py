"""Conversations as HTML: questions, answers with their citations, and what stands below them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote as percent_encoded

from askreport.answering.citations import MARKER
from askreport.answering.emphasis import emphasised
from askreport.schema import Answer, Citation, Passage, Report, Unsupported
from askreport.web.markup import clean, render, text_language
from askreport.web.shelf import introduction
from askreport.web.strings import Strings

_HUES: Final = 6  # colours of citations, in turn
_NEAREST: Final = 3
_SNIPPET_CHARS: Final = 60
_SURE: Final = 0.8  # estimated probability that the report answers the question
_FAIRLY_SURE: Final = 0.4


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
class Shelved:
    """A report, its number on the page and its language."""

    number: int
    report: Report
    language: str


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
    """A stretch of an answer: plain text, which may be what was asked for, or a marker that has a
    citation."""

    text: str
    target: Target | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Parts of one line of an answer, all of them supported or not.

    `doubt` says in words why its sentence is not supported, "" where it is; of a sentence on
    several lines the last has it. `is_doubted` is true on all.
    """

    parts: tuple[Part, ...]
    is_doubted: bool = False
    doubt: str = ""


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
    shelf = {
        report.name: Shelved(number, report, text_language(report.text))
        for number, report in enumerate(reports)
    }
    return render(
        "conversation.html",
        exchanges=[_exchange_view(exchange, shelf, strings, model) for exchange in exchanges],
        shelf=[] if exchanges else [introduction(report, strings) for report in reports],
        strings=strings,
        place=lambda cited: place(cited, strings),
        hint=hint,
    )


def lines(answer: Answer, targets: Sequence[Target], strings: Strings) -> list[list[Stretch]]:
    """The answer's lines, each a list of stretches. A marker without a place stays plain text."""
    by_number = {f"{target.citation.number}": target for target in targets if target.found}
    text = clean(answer.answer)
    found: list[list[Stretch]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        bounds = _trimmed(text, start, start + len(line))
        question = answer.query if MARKER.search(line) else ""  # a line of ours answers nothing
        start += len(line)
        stretches = list(
            _stretches(text, *bounds, answer.unsupported, by_number, strings, question)
        )
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
    exchange: Exchange, shelf: Mapping[str, Shelved], strings: Strings, model: str
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


def _targets(answer: Answer, shelf: Mapping[str, Shelved]) -> Iterator[Target]:
    for citation in answer.citations:
        if citation.report in shelf:
            at = shelf[citation.report]
            found = citation.start >= 0 and at.report.text[citation.start : citation.end]
            yield Target(citation, at.number, at.language, found == citation.quote)


def _nearest(
    answer: Answer, shelf: Mapping[str, Shelved]
) -> Iterator[tuple[Passage, str, str, str]]:
    """Passages that come closest: each with its address, its first words and their language."""
    for passage in answer.passages[:_NEAREST]:
        if passage.report in shelf:
            at = shelf[passage.report]
            address = f"#s-{at.number}-{passage.start}-{passage.end}"
            words = " ".join(clean(passage.text[:_SNIPPET_CHARS]).split())
            yield passage, address, words, at.language


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start:end` without the white space at its ends."""
    line = text[start:end]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _stretches(
    text: str,
    start: int,
    end: int,
    unsupported: Sequence[Unsupported],
    targets: Mapping[str, Target],
    strings: Strings,
    question: str,
) -> Iterator[Stretch]:
    for one in sorted(unsupported, key=lambda one: one.start):
        first, last = max(start, one.start), min(end, one.end)
        if first >= last:
            continue
        if start < first:
            yield Stretch(tuple(_parts(text[start:first], targets, question)))
        reason = doubt(one, strings) if last == one.end else ""
        yield Stretch(tuple(_parts(text[first:last], targets, question)), True, reason)
        start = last
    if start < end:
        yield Stretch(tuple(_parts(text[start:end], targets, question)))


def _parts(text: str, targets: Mapping[str, Target], question: str) -> Iterator[Part]:
    done = 0
    for match in MARKER.finditer(text):
        target = targets.get(match.group(1))
        if target is None:
            continue
        yield from _words(text[done : match.start()], question)
        yield Part(match.group(1), target)
        done = match.end()
    yield from _words(text[done:], question)


def _words(text: str, question: str) -> Iterator[Part]:
    done = 0
    for start, end in emphasised(question, text):
        if start > done:
            yield Part(text[done:start])
        yield Part(text[start:end], strong=True)
        done = end
    if done < len(text):
        yield Part(text[done:])
