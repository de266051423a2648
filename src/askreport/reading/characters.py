"""Characters as layout sees them: their width, what joins without a space, what ends a sentence.

A full-width character counts 2 columns, any other 1.
"""

import re
import unicodedata

# Full-width characters of scripts written without spaces between words (Hangul is not one).
UNSPACED = (
    "\u2e80-\u2fff\u3001-\u312f\u3190-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6"
    "\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
)
_HANGUL = "\u1100-\u115f\u3130-\u318f\uac00-\ud7a3"
# Quotation marks and dots that are as wide as the script around them.
_AMBIGUOUS = "“”‘’…—·"

_WIDE = re.compile(f"[{UNSPACED}{_HANGUL}]")
_WIDE_OR_AMBIGUOUS = re.compile(f"[{UNSPACED}{_HANGUL}{_AMBIGUOUS}]")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_STRAY_SPACE = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}“”‘’…])|(?<=[“”‘’…]) (?=[{UNSPACED}])")
_RADICAL = re.compile("[\u2e80-\u2fdf]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_FIRST_WORD = re.compile(f"[（“‘「『《【〈(\\[]*(?:[{UNSPACED}]|[^\\s{UNSPACED}]{{1,80}})")
_WHITE = re.compile(r"\s+")

SENTENCE_ENDS = "。！？!?.…｡"
CLAUSE_ENDS = "；，、;,"
CLOSERS = "”’」』）)】》〉〕］]\"'"


def display_width(text: str) -> int:
    """Columns that `text` takes; ambiguous marks are wide where the text has wide characters."""
    if text.isascii():
        return len(text)
    if _WIDE.search(text):
        return len(text) + sum(1 for _ in _WIDE_OR_AMBIGUOUS.finditer(text))
    return len(text)


def is_unspaced(character: str) -> bool:
    """Whether words of the character's script stand without spaces."""
    return bool(_UNSPACED.match(character))


def clean_line(line: str) -> str:
    """`line` with single spaces and with characters where radicals of the same look stood."""
    if _NOT_ASCII.search(line):
        line = _RADICAL.sub(lambda found: unicodedata.normalize("NFKC", found[0]), line)
    return _WHITE.sub(" ", line).strip()


def drop_stray_spaces(line: str) -> str:
    """`line` without the spaces that text extraction leaves between full-width characters."""
    return _STRAY_SPACE.sub("", line)


def glue(left: str, right: str) -> str:
    """What stands between two lines of one paragraph: a space, or nothing."""
    last, first = left[-1], right[0]
    before_last = left[-2:-1]
    if is_unspaced(last) or is_unspaced(first):
        return ""
    if last in "“‘([{" or first in "”’)]}," or (first in ".;:!?%" and right[1:2] in ("", " ")):
        return ""
    if last in "”’…—·" and before_last and is_unspaced(before_last):
        return ""
    if last in "-‐‑–—/" and before_last not in ("", " "):
        return ""
    return " "


def first_word_width(text: str) -> int:
    """Columns that a line needs to take the first word of `text`, with the space before it.

    A full-width character is a word; an opening bracket or quotation mark stays with what follows.
    """
    found = _FIRST_WORD.match(text)
    word = found[0] if found else text[:1]
    return display_width(word) + (0 if is_unspaced(text[0]) else 1)


def last_mark(text: str) -> str:
    """The last character of `text`, closing quotation marks and brackets left aside."""
    return text[-40:].rstrip(CLOSERS)[-1:] or text[-1:]


def ends_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does."""
    return last_mark(text) in SENTENCE_ENDS
