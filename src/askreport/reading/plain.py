"""Plain text and text out of a PDF to blocks: which lines are one paragraph.

    wrapped, and a space closes paragraphs   a line goes on unless it ends with that space
    wrapped                                  a line goes on if it is full and none is opened
    not wrapped                              every line is a paragraph

A page break, with its furniture taken out, ends a paragraph only where a line break would.
"""

from askreport.reading.blocks import Block, BlockText
from askreport.reading.characters import (
    CLAUSE_ENDS,
    SENTENCE_ENDS,
    ends_sentence,
    first_word_width,
    glue,
    is_unspaced,
    last_mark,
)
from askreport.reading.furniture import set_pages
from askreport.reading.lines import NEAR_FULL, Layout, Line, measure, split_lines, tidy
from askreport.reading.numbering import has_list_marker, numbered_label

_TITLE_FULL = 0.9  # of the widest title line: a title that long may go on in the next line
_TITLE_WIDTH = 0.6  # of the full width, which titles in larger type reach at the least
_SENTENCE_SLACK = 0.05  # a sentence end so near to the full width says nothing about the paragraph
_SURELY_FULL = 0.95  # of the full width; what is narrower depends on the word that follows
_CHARACTER_SLACK = 0.1  # justified Chinese text ends so far before the full width
_WORD_SLACK = 0.07  # ragged text does so after room is left for its next word
_LONG_LINE = 60  # columns: a paragraph on one line that a page break may cut


def read_plain(text: str) -> BlockText:
    """The paragraphs of `text` in order, with the page breaks that fall into them."""
    lines, form_feeds_after = split_lines(text)
    rough = measure(lines)
    paged = any(line.form_feeds for line in lines)
    kept = set_pages(lines, rough)
    layout = measure(kept) if not rough.wrapped else rough
    if layout.wrapped and (layout.double_spaced or paged):
        for line in kept:
            tidy(line)
    blocks: list[Block] = []
    group: list[Line] = []
    title_width = _title_width(kept, layout)
    for line in kept:
        if group and not _goes_on(group, line, layout, title_width):
            blocks.append(_join(group, layout))
            group = []
        group.append(line)
    if group:
        blocks.append(_join(group, layout))
    ended = max(0, form_feeds_after - 1)  # the last form feed closes the last page
    return BlockText(blocks, pages_after=ended)


def _title_width(lines: list[Line], layout: Layout) -> float:
    """Width at which a numbered title is full; infinite where titles do not fill their lines."""
    widths = [line.width for line in lines if numbered_label(line.text)]
    widths = [width for width in widths if width < NEAR_FULL * layout.full_width]
    if layout.wrapped and widths and max(widths) >= _TITLE_WIDTH * layout.full_width:
        return _TITLE_FULL * max(widths)
    return float("inf")


def _goes_on(group: list[Line], line: Line, layout: Layout, title_width: float) -> bool:
    """Whether `line` belongs to the paragraph of `group`."""
    previous = group[-1]
    if not layout.wrapped:
        return _cut_by_page(previous, line)
    if _is_caption(line, layout) or _is_caption(group[0], layout):
        return False
    full = _is_full(previous, line, layout)
    if layout.spaced_ends:
        words = previous.text[-1].isalnum() and line.text[0].isalnum()
        latin = words and not is_unspaced(previous.text[-1]) and not is_unspaced(line.text[0])
        return not previous.spaced_end or (latin and full and not line.after_image)
    if len(group) == 1 and _title_goes_on(previous, line, title_width):
        return True
    if line.page_breaks == 0 and line.blank_before > (1 if layout.double_spaced else 0):
        return False
    if numbered_label(line.text) and ends_sentence(previous.text):
        return False
    if _opens_entry(previous, line) or _set_in(group, line, layout):
        return False
    if line.text[0].islower() and last_mark(previous.text) not in SENTENCE_ENDS + ":：;；":
        return previous.width >= layout.full_width / 2  # wrapped by hand, or before a long word
    return full and _may_go_on_after(previous, layout)


def _is_caption(line: Line, layout: Layout) -> bool:
    """Whether the line stands right under an image, with no empty line between."""
    return layout.image_lines and line.after_image and line.indent == 0


def _cut_by_page(previous: Line, line: Line) -> bool:
    """Whether a page break cut a paragraph that has a line of its own."""
    if line.page_breaks == 0 or ends_sentence(previous.text) or has_list_marker(line.text):
        return False
    comma = last_mark(previous.text) in CLAUSE_ENDS
    wide = is_unspaced(previous.text[-1]) and is_unspaced(line.text[0])
    return (comma or wide or line.text[0].islower()) and previous.width >= _LONG_LINE


def _is_full(previous: Line, line: Line, layout: Layout) -> bool:
    """Whether the first word of `line` had no room in the line before."""
    width = previous.width + (previous.indent if layout.first_lines_indented else 0)
    if width >= _SURELY_FULL * layout.full_width:
        return True
    word = first_word_width(line.text)
    slack = _CHARACTER_SLACK if word <= 2 else _WORD_SLACK
    return width + word > (1 - slack) * layout.full_width


def _may_go_on_after(previous: Line, layout: Layout) -> bool:
    if not ends_sentence(previous.text):
        return True
    if not is_unspaced(previous.text[-1]):
        return True  # a Latin line is ragged: its full width tells nothing more
    return previous.width >= (1 - _SENTENCE_SLACK) * layout.full_width


def _title_goes_on(title: Line, line: Line, title_width: float) -> bool:
    """Whether a numbered title takes a second line, which is shorter and ends no sentence."""
    return (
        bool(numbered_label(title.text))
        and title_width <= title.width < float("inf")
        and line.width <= title.width
        and line.blank_before <= 1
        and line.text[-1] not in "。；;："
        and not ends_sentence(title.text)
        and not numbered_label(line.text)
        and not has_list_marker(line.text)
    )


def _opens_entry(previous: Line, line: Line) -> bool:
    """Whether the line is a list entry after a line that could be the end of one."""
    return has_list_marker(line.text) and (
        last_mark(previous.text) in "。！？!?.…；;：:" or not previous.text[-1].isalnum()
    )


def _set_in(group: list[Line], line: Line, layout: Layout) -> bool:
    """Whether an indent opens a paragraph; under a list marker it goes on with the entry."""
    if not layout.first_lines_indented or line.page_breaks:
        return False
    if line.indent < 2 or has_list_marker(group[0].text):
        return False
    quoted = line.text[0].islower() and not ends_sentence(group[-1].text)
    return line.indent >= group[-1].indent + 2 or not quoted


def _join(group: list[Line], layout: Layout) -> Block:
    pieces: list[str] = []
    breaks: list[int] = []
    length = 0
    for line in group:
        if pieces:
            joint = glue(pieces[-1], line.text)
            pieces.append(joint)
            length += len(joint)
        breaks += [length] * line.page_breaks
        pieces.append(line.text)
        length += len(line.text)
    caption = len(group) == 1 and _is_caption(group[0], layout)
    return Block(
        "".join(pieces),
        "caption" if caption else "text",
        lines=len(group),
        page_breaks=tuple(breaks),
    )
