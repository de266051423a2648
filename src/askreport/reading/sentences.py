"""Sentences of Chinese and English text, as spans.

A sentence ends at 。！？……, and at . ! ? before white space and a capital, a digit or a Chinese
character, unless the full stop belongs to an abbreviation, an initial or a number. Closing
quotation marks and brackets stay with it. A sentence longer than `LONG_CHARS` is cut at its
semicolons.
"""

import re
from collections.abc import Iterator

from askreport.reading.characters import CLOSERS, UNSPACED, is_unspaced
from askreport.schema import Span

LONG_CHARS = 120  # a citation longer than this is hard to read

_CLOSERS = re.escape(CLOSERS)
_END = re.compile(f"(?P<mark>[。｡！？!?.…]+)(?P<closers>[{_CLOSERS}]*)|\n")
_GOES_ON = "，、；：,;:)）"
_NEXT_SENTENCE = re.compile(f"\\s{{0,20}}[A-Z0-9À-ÞΑ-ΩА-Я“‘\"'(（\\[{UNSPACED}]")
_TITLES = ("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "gov", "sen", "rep", "rev")
_FIRMS = ("inc", "ltd", "co", "corp", "llc", "plc", "dept", "univ")
_OTHERS = ("cf", "vs", "al", "ed", "eds", "est", "approx", "ph")
_ABBREVIATIONS = frozenset(_TITLES + _FIRMS + _OTHERS)
_MONTHS = ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec")
_PLACES = ("no", "nos", "vol", "fig", "figs", "eq", "eqs", "sec", "ch", "pp", "p", "art")
_BEFORE_NUMBER = frozenset(_MONTHS + _PLACES)
_WORD_CHARS = 24  # an abbreviation is shorter than this
_WORD = re.compile(r"[^\s(\[（“\"'‘]*\Z")
_SEMICOLON = re.compile(f"；[{_CLOSERS}]*|;(?=\\s)")
_INNER_MARKS = re.compile("[！？!?]+")


def split_sentences(text: str, start: int, end: int) -> list[Span]:
    """Sentences of `text[start:end]`, in order, without the white space around them.

    None is empty and nothing but white space lies between them. No sentence crosses a line break.
    """
    spans: list[Span] = []
    for first, last in _rough_spans(text, start, end):
        trimmed = trim(text, first, last)
        if trimmed.end - trimmed.start > LONG_CHARS:
            spans.extend(_cut_at_semicolons(text, trimmed))
        elif trimmed.end > trimmed.start:
            spans.append(trimmed)
    return spans


def trim(text: str, start: int, end: int) -> Span:
    """The span without the white space at its ends; empty at `start` where all is white space."""
    if start < end and not text[start].isspace() and not text[end - 1].isspace():
        return Span(start, end)
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return Span(start, start)
    first = start + len(piece) - len(piece.lstrip())
    return Span(first, first + len(inner))


def _rough_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for found in _END.finditer(text, start, end):
        if found[0] == "\n" or _is_end(text, first, end, found):
            yield first, found.end()
            first = found.end()
    if first < end:
        yield first, end


def _is_end(text: str, first: int, end: int, found: re.Match[str]) -> bool:
    """Whether the sentence that begins at `first` ends with the marks that were found."""
    mark, closers = found["mark"], found["closers"]
    after = found.end()
    if after >= end:
        return True
    following = text[after]
    if following in _GOES_ON:
        return False
    if mark == "。" and not closers:
        return True
    before = text[found.start() - 1] if found.start() > first else ""
    if mark.isascii() and not _ascii_mark_ends(text, first, end, found, before):
        return False
    if mark == "…":
        return following.isspace() and _starts_sentence(text, after, end)
    if any(bracket in closers for bracket in "）)】〕］]") and "。" not in mark:
        return text[first : first + 1] in "（([【〔［"
    quoted = any(quote in closers for quote in "”’」』")
    if quoted and _INNER_MARKS.fullmatch(mark) and not following.isspace():
        return text[first : first + 1] in "“‘「『"
    return True


def _ascii_mark_ends(text: str, first: int, end: int, found: re.Match[str], before: str) -> bool:
    following = text[found.end()]
    if before and is_unspaced(before):
        return following.isspace() or is_unspaced(following) or following in "“‘"
    if not following.isspace() or not _starts_sentence(text, found.end(), end):
        return False
    return found["mark"] != "." or not _is_abbreviation(text, first, found.start())


def _starts_sentence(text: str, position: int, end: int) -> bool:
    return bool(_NEXT_SENTENCE.match(text, position, end))


def _is_abbreviation(text: str, first: int, dot: int) -> bool:
    """Whether the full stop at `dot` belongs to the word before it."""
    found = _WORD.search(text[max(first, dot - _WORD_CHARS) : dot])
    word = found[0] if found else ""
    if len(word) == 1 and word.isalpha():
        return True
    if word.isdigit() and dot - first < _WORD_CHARS and text[first:dot].strip() == word:
        return True  # the number of a list entry
    if "." in word:
        return all(len(part) <= 1 and not part.isdigit() for part in word.split("."))
    if word.lower() in _BEFORE_NUMBER:
        return text[dot + 1 : dot + 3].strip()[:1].isdigit()
    return word.lower() in _ABBREVIATIONS


def _cut_at_semicolons(text: str, span: Span) -> Iterator[Span]:
    """The span in pieces of at most `LONG_CHARS` where its semicolons allow that."""
    first = span.start
    cut = first
    ends = [found.end() for found in _SEMICOLON.finditer(text, span.start, span.end)]
    for position in [*ends, span.end]:
        if position - first > LONG_CHARS and cut > first:
            yield trim(text, first, cut)
            first = cut
        cut = position
    piece = trim(text, first, span.end)
    if piece.end > piece.start:
        yield piece
