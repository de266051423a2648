"""Read a report file: clean text with chapters, headings, sentences and pages, all with offsets.

bytes -> decoding -> lines -> furniture -> plain   -+
                  -> markdown ----------------------+-> structure -> Report
"""

import stat
from collections.abc import Sequence
from pathlib import Path

from askreport.errors import ReportUnreadable
from askreport.reading.blocks import Block, BlockText
from askreport.reading.characters import clean_line
from askreport.reading.decoding import decode
from askreport.reading.markdown import read_markdown
from askreport.reading.plain import read_plain
from askreport.reading.sentences import split_sentences
from askreport.reading.structure import build_report
from askreport.schema import Report

__all__ = ["READERS", "read_report", "report_from_paragraphs", "split_sentences"]

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))  # of no width

MAX_FILE_BYTES = 20 << 20  # far beyond any report; more would take minutes to index
MAX_LINE_CHARS = 1_000_000  # a longer line is no writing but data: JSON, Base64, a log
READERS = {".txt": read_plain, ".md": read_markdown}


def read_report(path: Path) -> Report:
    """The report in the file at `path`, read by its suffix.

    Raises `ReportUnreadable` for a file that is missing, no regular file, empty, binary, of an
    unknown suffix, in no encoding that we know, too large, or with a line too long to be writing.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ReportUnreadable(
            f"{path}: reports of the kind {path.suffix or '(no suffix)'} cannot be read; "
            f"expected one of {', '.join(sorted(READERS))}."
        )
    data = _read_bytes(path)
    text = decode(data, str(path))
    _refuse_data(text, path)
    content = reader(text)
    if not content.blocks or not text.translate(_INVISIBLE).strip():
        raise ReportUnreadable(f"{path}: holds no text; expected a report of a sentence at least.")
    return build_report(path.name, path.stem, content, data)


def report_from_paragraphs(name: str, paragraphs: Sequence[str]) -> Report:
    """A report of one chapter in which each string is one paragraph, in order.

    White space within a string becomes single spaces. Raises `ReportUnreadable` for an empty string
    and for no strings at all.
    """
    blocks = [Block(clean_line(paragraph)) for paragraph in paragraphs]
    empty = next((index for index, block in enumerate(blocks) if not block.text), None)
    if empty is not None or not blocks:
        place = "no paragraph" if empty is None else f"paragraph {empty + 1} without text"
        raise ReportUnreadable(f"{name}: {place}; expected paragraphs that hold text each.")
    source = "\n".join(paragraphs).encode("utf-8", "surrogatepass")
    content = BlockText(blocks, title=name, markup=True)
    return build_report(name, name, content, source)


def _refuse_data(text: str, path: Path) -> None:
    longest = max(map(len, text.splitlines()), default=0)
    if longest > MAX_LINE_CHARS:
        raise ReportUnreadable(
            f"{path}: has a line of {longest} characters, the most is {MAX_LINE_CHARS};"
            " this looks like data; save the text of the report with its paragraphs."
        )


def _read_bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "no regular file"
            raise ReportUnreadable(
                f"{path}: is {kind}, expected a report file; name the file itself."
            )
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ReportUnreadable(
                f"{path}: has {path.stat().st_size >> 20} MiB, the most is {MAX_FILE_BYTES >> 20};"
                " split it into several reports."
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ReportUnreadable(f"{path}: no such file; check the name.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReportUnreadable(
            f"{path}: cannot be read ({reason}); check its permissions."
        ) from error
