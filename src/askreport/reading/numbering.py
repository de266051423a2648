"""Numbered labels and list markers at the beginning of a paragraph."""

import re
from dataclasses import dataclass

_CHINESE_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CAPTION_WORDS = frozenset(
    [
        *("fig", "figure", "table", "chart", "image", "photo", "exhibit"),
        *("图", "表", "附图", "附表", "图表", "图片", "公式", "式"),
    ]
)
_NUMERAL = "(?:[0-9]{1,3}(?![0-9])|[〇零一二两三四五六七八九十百]{1,6})"
_ORDINAL = re.compile(f"第 ?(?P<number>{_NUMERAL}) ?(?P<word>部分|单元|[章部篇回讲课编卷节])")
_WORDED = re.compile(
    r"(?P<word>[A-Z][A-Za-z]{1,15}) ?(?P<number>[0-9]{1,3}|(?<= )[IVXLC]{1,7})"
    r"(?![0-9A-Za-z]|\.[0-9])"
)
_CHINESE_WORDED = re.compile(
    f"(?P<word>[\u4e00-\u9fff]{{1,4}}?) ?(?P<number>{_NUMERAL}) ?(?=[：:])"
)
_CHINESE_LISTED = re.compile("(?P<number>[一二三四五六七八九十]{1,3})[、．]")
_BARE = re.compile(r"(?P<number>[0-9]{1,2})(?:[.．、][ ]?(?![0-9])| (?=[A-Z\u4e00-\u9fff]))")
_AFTER_LABEL = re.compile(r"[ ：:.．、\-—–|]|$")
_LIST_MARKER = re.compile(
    r"[-*+•·●○■□◆▪‣–—] |[(（]?(?:[0-9]{1,2}|[a-zA-Z])[)）]|[0-9]{1,2}(?:[.．](?![0-9])|、)"
    r"|[①-⑳]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]"
)


@dataclass(frozen=True, slots=True)
class NumberedLabel:
    """A label such as "Chapter 3". `family` is the same for the labels of one row.

    `text` is None where the number stands alone, as in "3. Costs".
    """

    family: str
    number: int
    text: str | None


def numbered_label(text: str) -> NumberedLabel | None:
    """The label that `text` begins with, if any; list items ("1）...") and captions have none."""
    for pattern, kind in ((_ORDINAL, "ordinal"), (_WORDED, "word"), (_CHINESE_WORDED, "word")):
        found = pattern.match(text)
        if not found or found["word"].lower() in _CAPTION_WORDS:
            continue
        if kind == "word" and not _AFTER_LABEL.match(text, found.end()):
            continue
        number = _value(found["number"])
        if number is not None:
            return NumberedLabel(f"{kind} {found['word'].lower()}", number, found[0].strip())
    for pattern, family in ((_CHINESE_LISTED, "chinese"), (_BARE, "bare")):
        found = pattern.match(text)
        if found and (number := _value(found["number"])) is not None:
            return NumberedLabel(family, number, None)
    return None


def label_length(text: str) -> int:
    """How many characters of `text` its chapter label takes; 0 where it has none."""
    found = _ORDINAL.match(text)
    return found.end() if found else 0


def has_list_marker(text: str) -> bool:
    """Whether `text` begins as an entry of a list does."""
    return bool(_LIST_MARKER.match(text))


def _value(numeral: str) -> int | None:
    if numeral.isascii():
        return int(numeral) if numeral.isdigit() else _roman_value(numeral)
    total = 0
    digit = 0
    for sign in numeral:
        if sign in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[sign]
        else:
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
    return total + digit


def _roman_value(numeral: str) -> int | None:
    values = [_ROMAN[sign] for sign in numeral]
    total = 0
    for value, following in zip(values, [*values[1:], 0], strict=True):
        total += -value if value < following else value
    return total if 0 < total < 100 else None
