"""A conversation outside the session: in the reader's browser, and as files to take away.

What comes back from a browser is data of unknown make: it is read by type, and a quote that the
reports do not hold at its place is looked up anew or loses its link. Nothing of it is markup.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from askreport.schema import Answer, Citation, Report
from askreport.web.rendering import Exchange, doubt, place
from askreport.web.strings import Strings

# It goes up with every question: half a second for a phone that sends 1 Mbit/s. The guard would let
# 256 KiB pass.
STORED_BYTES: Final = 60_000
_EXCHANGES: Final = TypeAdapter(tuple[Exchange, ...])


def stored(conversation: Sequence[Exchange]) -> list[dict[str, Any]]:
    """The conversation as JSON values: its last exchanges that fit `STORED_BYTES` together."""
    kept: list[dict[str, Any]] = []
    room = STORED_BYTES
    for exchange in reversed(_EXCHANGES.dump_python(tuple(conversation), mode="json")):
        room -= len(json.dumps(exchange, ensure_ascii=False).encode("utf-8", "replace"))
        if room < 0:
            break
        kept.append(exchange)
    return kept[::-1]


def restored(value: object, reports: Sequence[Report]) -> tuple[Exchange, ...]:
    """The conversation that `stored` made; empty for anything else.

    A quote that moved is found again where the report holds it exactly once.
    """
    try:
        exchanges = _EXCHANGES.validate_python(value)
    except (ValidationError, RecursionError):
        return ()
    by_name = {report.name: report for report in reports}
    return tuple(
        replace(exchange, done=True, answer=_found_again(exchange.answer, by_name))
        for exchange in exchanges
    )


def as_json(conversation: Sequence[Exchange]) -> str:
    """The conversation with every citation, in the words of `Answer.to_json`."""
    rows = [
        {"question": exchange.question, "problem": exchange.problem, **_answer_row(exchange.answer)}
        for exchange in conversation
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def as_markdown(
    conversation: Sequence[Exchange], reports: Sequence[Report], strings: Strings
) -> str:
    """The conversation as Markdown; every citation is a footnote, numbered through."""
    titles = " · ".join(report.title for report in reports)
    lines = [f"# {_plain(titles)}", ""]
    for number, exchange in enumerate(conversation, start=1):
        lines += [f"## {_plain(exchange.question)}", ""]
        if exchange.answer is None:
            lines += [_plain(exchange.problem or strings.stopped), ""]
            continue
        notes = {f"[{c.number}]": f"[^{number}-{c.number}]" for c in exchange.answer.citations}
        for line in filter(
            None, map(str.strip, _with_doubts(exchange.answer, strings).splitlines())
        ):
            lines += [_with_notes(line, notes), ""]
        for citation in exchange.answer.citations:
            where = place(citation, strings) or citation.report
            note = f"[^{number}-{citation.number}]: {_plain(where)}: {_plain(citation.quote)}"
            lines += [note, ""]
    return "\n".join(lines)


def _answer_row(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    row = answer.to_json()
    del row["id"], row["passages"]
    return row


def _plain(text: str) -> str:
    """One line whose words no Markdown reader takes for markup."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>#|!&~$" else c for c in text)
    return " ".join(escaped.split())


def _with_notes(line: str, notes: dict[str, str]) -> str:
    escaped = _plain(line)
    for marker, note in notes.items():
        escaped = escaped.replace(_plain(marker), note)
    return escaped


def _with_doubts(answer: Answer, strings: Strings) -> str:
    """The answer's text, with a word behind each sentence that is not supported."""
    text = answer.answer
    for one in sorted(answer.unsupported, key=lambda one: -one.end):
        text = f"{text[: one.end]} ({doubt(one, strings)}){text[one.end :]}"
    return text


def _found_again(answer: Answer | None, reports: dict[str, Report]) -> Answer | None:
    if answer is None:
        return None
    return replace(answer, citations=tuple(_moved(answer.citations, reports)))


def _moved(citations: Sequence[Citation], reports: dict[str, Report]) -> Iterator[Citation]:
    for citation in citations:
        report = reports.get(citation.report)
        if report is None or not citation.quote or _stands(citation, report):
            yield citation
            continue
        start = report.text.find(citation.quote)
        if start < 0 or report.text.find(citation.quote, start + 1) >= 0:
            yield citation
            continue
        chapter = report.chapter_at(start)
        yield replace(
            citation,
            start=start,
            end=start + len(citation.quote),
            chapter=chapter.label if chapter else None,
            page=report.page_at(start),
        )


def _stands(citation: Citation, report: Report) -> bool:
    return citation.start >= 0 and report.text[citation.start : citation.end] == citation.quote
