"""Markdown to blocks: a reader of lines, and marks taken out so that the text reads clean.

Headings keep their level; a list item, a line of code and a row of a table are a block each.
Comments, rules, addresses of links and definitions of references go. Front matter gives the title.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from askreport.reading.blocks import Block, BlockKind, BlockText
from askreport.reading.characters import clean_line, glue

_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)\Z")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?\Z")
_ATX_END = re.compile(r"(?:^|[ \t])#+[ \t]*\Z")
_SETEXT = re.compile(r"\A {0,3}(=+|-+)[ \t]*\Z")
_RULE = re.compile(r"\A {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|([0-9]{1,9})[.)])(?:[ \t]+|\Z)")
_TASK = re.compile(r"\A\[[ xX]\][ \t]+")
_QUOTE = re.compile(r"\A {0,3}(?:> ?)+")
_DELIMITER_ROW = re.compile(r"[ \t]*+\|?(?:[ \t]*+:?-+:?[ \t]*+\|)+(?:[ \t]*+:?-+:?)?[ \t]*\Z")
_DEFINITION = re.compile(r" {0,3}\[[^\]\[^]{1,500}\]:[ \t]*\S+")
_FOOTNOTE = re.compile(r" {0,3}\[\^[^\]\[]{1,100}\]:[ \t]*")
_INDENTED_CODE = re.compile(r"(?: {4}|\t)")
_FRONT_TITLE = re.compile(r"title:[ \t]*(?:\"([^\"]*)\"|'([^']*)'|(.*))\Z")

_PROTECTED = re.compile(r"\\([!-/:-@\[-`{-~])|(`+)")
_HELD = re.compile("\x00([0-9]+)\x00")
_ADDRESS = (
    r"\([ ]?(?:<[^<>]{0,2000}>|(?:[^()\s]|\([^()\s]{0,500}\)){0,2000})"
    r"(?:\s+(?:\"[^\"]{0,500}\"|'[^']{0,500}'))?[ ]?\)"
)
_IMAGE = re.compile(rf"!\[([^\[\]]{{0,1000}})\](?:{_ADDRESS}|\[[^\[\]]{{0,200}}\])")
_LINK = re.compile(rf"\[([^\[\]]{{1,1000}})\](?:{_ADDRESS}|\[[^\[\]]{{0,200}}\])")
_NOTE_MARK = re.compile(r"\[\^[^\[\]\s]{1,100}\]")
_AUTOLINK = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^<>\s]{0,2000}|[^\s<>@]{1,100}@[^\s<>@]{1,200})>"
)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]{0,30}(?:\s[^<>]{0,2000})?/?>")
_EMPHASIS = (
    re.compile(r"(\*{1,3})(?=[^\s*])([^*]{1,1000}?)(?<=[^\s*])\1"),
    re.compile(r"(?<![^\W_])(_{1,3})(?=[^\s_])([^_]{1,1000}?)(?<=[^\s_])\1(?![^\W_])"),
    re.compile(r"(~~)(?=\S)([^~]{1,1000}?)(?<=\S)\1"),
)
_EMPHASIS_DEPTH = 3  # marks within marks


@dataclass(slots=True)
class _Reader:
    """Where the reading stands: blocks so far, the open paragraph, and what it is in."""

    last_comment_end: int
    blocks: list[Block] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    number: str = ""
    fence: str = ""
    comment: bool = False
    table: bool = False
    listed: bool = False

    def add(self, text: str, kind: BlockKind = "text", level: int = 0) -> None:
        """Append a block unless it is blank."""
        if text.strip():
            self.blocks.append(Block(text, kind, level))

    def close(self, level: int = 0) -> None:
        """End the open paragraph; with a level it was a heading all along."""
        if self.pending:
            text = inline_text(_joined(self.pending))
            self.add(self.number + text if text else "", "heading" if level else "text", level)
        self.pending = []
        self.number = ""


def read_markdown(text: str) -> BlockText:
    """The blocks of a Markdown file in order; it has no pages."""
    title, lines = _front_matter(_LINE_END.split(text))
    ends = (index for index in range(len(lines) - 1, -1, -1) if "-->" in lines[index])
    reader = _Reader(last_comment_end=next(ends, -1))
    for index, line in enumerate(lines):
        if reader.fence:
            _read_code(reader, line)
            continue
        visible = _without_comments(reader, line, index)
        if visible.strip() or not line.strip():
            _read_line(reader, _QUOTE.sub("", visible, count=1))
    reader.close()
    return BlockText(reader.blocks, title=title, markup=True)


def _front_matter(lines: list[str]) -> tuple[str | None, list[str]]:
    """Title from the front matter, and the lines after it."""
    if not lines or lines[0].rstrip() != "---":
        return None, lines
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
    if not end or any(
        line.strip() and ":" not in line and line[0] not in " -#" for line in lines[1:end]
    ):
        return None, lines
    for line in lines[1:end]:
        found = _FRONT_TITLE.match(line)
        if found:
            return clean_line(found[1] or found[2] or found[3] or "") or None, lines[end + 1 :]
    return None, lines[end + 1 :]


def _without_comments(reader: _Reader, line: str, index: int) -> str:
    """What of the line is outside comments; a comment that nobody ends is text."""
    kept: list[str] = []
    position = 0
    while position < len(line):
        if reader.comment:
            end = line.find("-->", position)
            if end < 0:
                break
            position, reader.comment = end + 3, False
            continue
        begin = line.find("<!--", position)
        inline_code = begin >= 0 and line.count("`", position, begin) % 2 == 1
        closed = begin >= 0 and (index < reader.last_comment_end or line.find("-->", begin) >= 0)
        if not closed or inline_code:
            kept.append(line[position:])
            break
        kept.append(line[position:begin])
        position, reader.comment = begin + 4, True
    return "".join(kept)


def _read_code(reader: _Reader, line: str) -> None:
    found = _FENCE.match(line.lstrip() if reader.listed else line)
    if found and found[1].startswith(reader.fence) and not found[2].strip():
        reader.fence = ""
    else:
        reader.add(line.rstrip().expandtabs(4), "row")


def _read_line(reader: _Reader, line: str) -> None:
    """Read one line outside code and comments."""
    stripped = line.strip()
    if not stripped:
        reader.close()
        reader.table = False
        return
    if _DELIMITER_ROW.match(line) and "|" in line and reader.pending and "|" in reader.pending[-1]:
        header = reader.pending.pop()
        reader.close()
        _add_row(reader, header)
        reader.table = True
        return
    if reader.table and "|" in line:
        _add_row(reader, line)
        return
    reader.table = False
    if not (_read_mark(reader, line) or _read_item(reader, line) or _read_block(reader, line)):
        reader.pending.append(stripped)


def _read_mark(reader: _Reader, line: str) -> bool:
    """Read a heading, a rule or the beginning of code; False where the line is none."""
    fence = _FENCE.match(line.lstrip() if reader.listed else line)
    heading = _ATX.match(line)
    underline = _SETEXT.match(line)
    if fence:
        reader.close()
        reader.fence = fence[1]
    elif heading:
        reader.close()
        text = inline_text(_ATX_END.sub("", heading[2] or ""))
        reader.add(text, "heading", len(heading[1]))
        reader.listed = False
    elif underline and reader.pending and not reader.listed:
        reader.close(level=1 if underline[1][0] == "=" else 2)
    elif _RULE.match(line):
        reader.close()
        reader.listed = False
    else:
        return False
    return True


def _read_item(reader: _Reader, line: str) -> bool:
    """Begin an item of a list; its number stays, its bullet goes."""
    item = _ITEM.match(line)
    if not item or (item[1] not in (None, "1") and reader.pending and not reader.listed):
        return False
    if line.startswith(("    ", "\t")) and not reader.listed:
        return False
    reader.close()
    reader.listed = True
    content = _TASK.sub("", line[item.end() :], count=1)
    reader.number = f"{item[1]}. " if item[1] else ""
    if content.strip():
        reader.pending.append(content.strip())
    return True


def _read_block(reader: _Reader, line: str) -> bool:
    """Read a line of indented code, a definition of a reference, or a footnote."""
    if reader.pending:
        return False
    indented = _INDENTED_CODE.match(line)
    reader.listed = reader.listed and line[0] in " \t"
    if indented and not reader.listed:
        reader.add(line[indented.end() :].rstrip().expandtabs(4), "row")
        return True
    footnote = _FOOTNOTE.match(line)
    if footnote:
        reader.pending.append(line[footnote.end() :].strip() or " ")
        return True
    return bool(_DEFINITION.match(line))


def _add_row(reader: _Reader, line: str) -> None:
    cells = [inline_text(cell) for cell in line.strip().strip("|").split("|")]
    reader.add(" | ".join(cells) if any(cells) else "", "row")


def _joined(lines: list[str]) -> str:
    pieces: list[str] = []
    for line in lines:
        text = line[:-1].rstrip() if line.endswith("\\") and not line.endswith("\\\\") else line
        if not text.strip():
            continue
        if pieces:
            pieces.append(glue(pieces[-1], text))
        pieces.append(text)
    return "".join(pieces)


def _hold_code_and_escapes(text: str, hold: Callable[[str], str]) -> str:
    """`text` with code spans and escaped characters put out of the way of the other marks."""
    if "`" not in text and "\\" not in text:
        return text
    runs = list(_PROTECTED.finditer(text))
    closers: dict[str, list[int]] = {}
    for number in range(len(runs) - 1, -1, -1):
        if runs[number][2]:
            closers.setdefault(runs[number][2], []).append(number)
    pieces: list[str] = []
    position = 0
    for number, run in enumerate(runs):
        if run.start() < position:
            continue
        pieces.append(text[position : run.start()])
        position = run.end()
        if run[1]:
            pieces.append(hold(run[1]))
            continue
        same = closers[run[2]]
        while same and same[-1] <= number:
            same.pop()
        if not same:
            pieces.append(hold(run[2]))
            continue
        closing = runs[same[-1]]
        pieces.append(hold(text[run.end() : closing.start()].strip()))
        position = closing.end()
    pieces.append(text[position:])
    return "".join(pieces)


def inline_text(text: str) -> str:
    """`text` without its inline marks: what a reader of the rendered page sees, on one line."""
    held: list[str] = []

    def hold(piece: str) -> str:
        held.append(piece)
        return f"\x00{len(held) - 1}\x00"

    text = _hold_code_and_escapes(text, hold)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _NOTE_MARK.sub("", text)
    text = _AUTOLINK.sub(lambda found: hold(found[1]), text)
    text = _TAG.sub("", text)
    for _ in range(_EMPHASIS_DEPTH):
        for pattern in _EMPHASIS:
            text = pattern.sub(r"\2", text)
    return clean_line(_HELD.sub(lambda found: held[int(found[1])], html.unescape(text)))
