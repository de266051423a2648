"""The lines of a plain text file, and what their shape tells about its layout.

Widths and indents are in columns. A line's text is clean; blank lines are counted, not kept.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from askreport.reading.characters import (
    clean_line,
    display_width,
    drop_stray_spaces,
    ends_sentence,
    is_unspaced,
)
from askreport.reading.numbering import label_length

_LINE_END = re.compile("\r\n|[\n\r\v\x85\u2028\u2029]")
_INDENT = re.compile(r"\s+")

_DOUBLE_SPACED_SHARE = 0.8  # so many lines follow a blank one: blank lines end no paragraph
_WIDTH_QUANTILE = 0.95  # the widest twentieth may be addresses or tables
_LINE_WIDTHS = range(30, 241)  # full width of a printed line, narrow column to landscape page
NEAR_FULL = 0.85  # of the full width; breaking before a long word leaves so much
_NEAR_FULL_SHARE = 0.5  # of the lines longer than half the full width, in wrapped text
_CUT_SHARE = 0.35  # of the near-full lines that break off within a sentence, in wrapped text
_ENDED_SHARE = 0.04  # of the lines of any prose end a sentence; lists of titles do not
_ENDED_SAMPLE = 8  # fewer lines than this tell nothing about that share
_SPACED_ENDS = (
    0.03,
    0.75,
)  # share of lines with a space at their end, where it marks paragraph ends
_SPACED_AGREEMENT = 0.85  # so many of both kinds of lines must fit that reading
_IMAGE_SHARE = 0.2  # more lines than this after one of spaces: those are just blank lines
_INDENTED_SHARES = (0.03, 0.6)  # share of lines set in, where that marks a paragraph's first line


@dataclass(slots=True)
class Line:
    """One line that is not blank.

    `blank_before` counts the blank lines between it and the line before; `after_image` is set where
    the last of them is made of spaces. `form_feeds` counts the form feeds since the line before.
    """

    text: str
    indent: int
    width: int
    spaced_end: bool
    blank_before: int = 0
    after_image: bool = False
    form_feeds: int = 0
    page_breaks: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file was set.

    `wrapped`: its lines are cut at `full_width`. `double_spaced`: a blank line follows every line,
    so it separates nothing. `spaced_ends`: a space at the end of a line closes the paragraph.
    `first_lines_indented`: an indent opens one. `image_lines`: a line of spaces stands for an
    image.
    """

    wrapped: bool
    double_spaced: bool
    full_width: int
    spaced_ends: bool
    first_lines_indented: bool
    image_lines: bool


def split_lines(text: str) -> tuple[list[Line], int]:
    """The lines of `text` that are not blank, and the number of form feeds after the last."""
    lines: list[Line] = []
    blank = form_feeds = 0
    image = False
    for raw in _LINE_END.split(text):
        first_piece = True
        for piece in raw.split("\f"):
            form_feeds += not first_piece
            first_piece = False
            cleaned = clean_line(piece)
            if not cleaned:
                blank += 1
                image = bool(piece)
                continue
            line = Line(cleaned, _indent(piece), display_width(cleaned), piece[-1].isspace())
            line.blank_before, line.after_image, line.form_feeds = blank, image, form_feeds
            lines.append(line)
            blank = form_feeds = 0
            image = False
    return lines, form_feeds


def measure(lines: list[Line]) -> Layout:
    """The layout of a file from all its lines."""
    double_spaced = len(lines) > 1 and (
        sum(line.blank_before > 0 for line in lines[1:]) >= _DOUBLE_SPACED_SHARE * (len(lines) - 1)
    )
    widths = sorted(line.width for line in lines)
    full_width = widths[-int(-_WIDTH_QUANTILE * len(widths) // 1) - 1] if widths else 0
    wrapped = _is_wrapped(lines, full_width, double_spaced)
    return Layout(
        wrapped=wrapped,
        double_spaced=wrapped and double_spaced,
        full_width=full_width,
        spaced_ends=wrapped and _spaces_close_paragraphs(lines, full_width),
        first_lines_indented=_indents_open_paragraphs(lines),
        image_lines=wrapped
        and double_spaced
        and sum(line.after_image for line in lines) <= _IMAGE_SHARE * len(lines),
    )


def tidy(line: Line) -> None:
    """Take the stray spaces of text extraction out of `line`, its chapter label left aside."""
    kept = label_length(line.text)
    line.text = line.text[:kept] + line.text[kept:][:1] + drop_stray_spaces(line.text[kept + 1 :])


def _indent(raw: str) -> int:
    found = _INDENT.match(raw)
    if not found:
        return 0
    return sum(2 if sign == "\u3000" else 4 if sign == "\t" else 1 for sign in found[0])


def _is_wrapped(lines: list[Line], full_width: int, double_spaced: bool) -> bool:
    if full_width not in _LINE_WIDTHS:
        return False
    followed = [
        line.width
        for line, following in pairwise(lines)
        if line.width > full_width / 2 and (double_spaced or not following.blank_before)
    ]
    near_full = sum(width >= NEAR_FULL * full_width for width in followed)
    if near_full < _NEAR_FULL_SHARE * len(followed):
        return False
    ended = sum(ends_sentence(line.text) for line in lines)
    if len(lines) >= _ENDED_SAMPLE and ended < _ENDED_SHARE * len(lines):
        return False
    pairs = cut = 0
    for line, following in pairwise(lines):
        if line.width < NEAR_FULL * full_width or (following.blank_before and not double_spaced):
            continue
        pairs += 1
        first = following.text[0]
        goes_on = not (first.isupper() or (first.isdigit() and not is_unspaced(line.text[-1])))
        cut += not ends_sentence(line.text) and goes_on
    return cut > 0 and cut >= _CUT_SHARE * pairs


def _spaces_close_paragraphs(lines: list[Line], full_width: int) -> bool:
    spaced = [line for line in lines if line.spaced_end]
    low, high = _SPACED_ENDS
    if not low * len(lines) <= len(spaced) <= high * len(lines):
        return False
    closing = sum(
        ends_sentence(line.text) or line.width < NEAR_FULL * full_width for line in spaced
    )
    unspaced = [line for line in lines if not line.spaced_end and line.width > full_width / 2]
    near_full = sum(line.width >= NEAR_FULL * full_width for line in unspaced)
    return (
        closing >= _SPACED_AGREEMENT * len(spaced)
        and near_full >= _SPACED_AGREEMENT * len(unspaced)
        and bool(unspaced)
    )


def _indents_open_paragraphs(lines: list[Line]) -> bool:
    indented = sum(line.indent >= 2 for line in lines)
    low, high = _INDENTED_SHARES
    return low * len(lines) <= indented <= high * len(lines)
