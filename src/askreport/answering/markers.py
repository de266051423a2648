"""Markers in a chat model's words, found as the words stream in.

    "... 133 [1，", "2]。" -> "... 133 ", 1, 2, "。"

A marker is a bracket, plain or full-width, that holds numbers and nothing else. It becomes the
sentences that it points to, as far as they were given; an invented one vanishes. What may still
become a marker is held back, and whatever the pieces, no bracket around a number gets through as
text: the reader would take it for a source. Linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator

Token = str | int  # a stretch of text, or the number of a given sentence

_OPENING, _CLOSING = "[【［", "]】］"
_DIGITS = "0123456789０１２３４５６７８９"
_BETWEEN = " \t\u00a0\u3000,，、;；-–—~～^"  # lists and ranges of numbers, and footnotes as [^1]
_ALPHABET = _OPENING + _CLOSING + _DIGITS + _BETWEEN

_MARKER_DIGITS = 3  # a longer number in brackets is no sentence's number but text, such as a year
_MARKER_CHARS = 180  # what a bracket holds at most, to be a marker
_HELD_CHARS = 200  # brackets and numbers of this length without an end are no marker

_INNER = f"[{re.escape(_DIGITS + _BETWEEN)}]"
_REGION = re.compile(f"[{re.escape(_OPENING)}][{re.escape(_ALPHABET)}]*")
_BRACKETED = re.compile(
    f"[{re.escape(_OPENING)}](?=[{re.escape(_BETWEEN)}]{{0,{_MARKER_CHARS}}}[{_DIGITS}])"
    f"({_INNER}{{1,{_MARKER_CHARS}}})[{re.escape(_CLOSING)}]"
)
_NUMBER_OR_RANGE = re.compile(f"([{_DIGITS}]+)(?:[ \t]*[-–—~～][ \t]*([{_DIGITS}]+))?")
_BRACKET = re.compile(f"[{re.escape(_OPENING + _CLOSING)}]")
_UNCLOSED = re.compile(f"[{re.escape(_OPENING)}]{_INNER}*\\Z")


def parse(pieces: Iterable[str], count: int) -> Iterator[Token]:
    """Text and the numbers, 1 to `count`, of the sentences that markers in it point to, in order.

    However the text is cut into pieces, the numbers and the text between them are the same.
    """
    held = ""
    for piece in pieces:
        text = held + piece
        sure = _sure_end(text)
        held = text[sure:]
        yield from _tokens(text[:sure], count)
    yield from _tokens(_UNCLOSED.sub("", held), count)


def defused(text: str) -> str:
    """`text` with its bracketed numbers in parentheses, so that it can plant no marker."""
    return _BRACKETED.sub(r"（\1）", text)


def _sure_end(text: str) -> int:
    """Where the end of `text` begins that more text could turn into a marker."""
    run = len(text.rstrip(_ALPHABET))
    opening = _BRACKET.search(text, run)
    while opening and opening[0] in _CLOSING:
        opening = _BRACKET.search(text, opening.end())
    if opening is None:
        return len(text)
    if len(text) - opening.start() <= _HELD_CHARS:
        return opening.start()
    last = max(text.rfind(bracket) for bracket in _OPENING)
    return last if len(text) - last <= _HELD_CHARS else len(text)


def _tokens(text: str, count: int) -> Iterator[Token]:
    done = 0
    for region in _REGION.finditer(text):
        yield from _text(text[done : region.start()])
        ends_in_text = region.end() < len(text)
        yield from _region_tokens(region[0], count, ends_in_text)
        done = region.end()
    yield from _text(text[done:])


def _region_tokens(region: str, count: int, ends_in_text: bool) -> Iterator[Token]:
    """Tokens of a stretch of brackets, numbers and what may stand between them.

    A lone bracket before other words ("[2023 年版]") stays; all others are taken out, since without
    the markers between them they might close around a number.
    """
    is_lone = len(region) <= _HELD_CHARS and len(_BRACKET.findall(region)) == 1
    if ends_in_text and is_lone:
        yield region
        return
    done = 0
    for marker in _BRACKETED.finditer(region):
        yield from _text(_BRACKET.sub("", region[done : marker.start()]))
        yield from _numbers(marker[1], count)
        done = marker.end()
    yield from _text(_BRACKET.sub("", region[done:]))


def _numbers(inside: str, count: int) -> Iterator[Token]:
    """What a bracket with numbers points to; its text where the numbers are too long for that."""
    found = _NUMBER_OR_RANGE.findall(inside)
    if any(len(number) > _MARKER_DIGITS for pair in found for number in pair):
        yield inside
        return
    for first, last in found:
        given = range(max(1, int(first)), min(int(last or first), count) + 1)
        yield from given


def _text(text: str) -> Iterator[str]:
    if text:
        yield text
