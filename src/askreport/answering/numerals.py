"""The numbers that a text states, in Chinese or English, as exact values that can be compared.

    "1.5亿"  "150,000,000"  "1.5 hundred million"  "一亿五千万"     150000000
    "30%"  "百分之三十"  "thirty percent"  "三成"                    30 %
    "三种"  "three kinds"  "第三"  "March"                           3
    "三分之二"  "two thirds"                                         2/3

A number may have several readings ("20-30%": the 20 is 20 % too). Digits that belong to a name
("H100", "GPT-4", "5G") are no number. Of Chinese numerals only those that count are claims, since
the same characters build words and names ("一般", "四川", "千万不要").
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, pairwise

Value = tuple[Fraction, str]  # the unit is "", "%" or "points"

_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_LARGE = 10**4
_HAN = "零〇一二两三四五六七八九十百千万亿"
_MEASURES = (  # what stands after a numeral that counts; before any other it may be part of a word
    "个名位家种类项款条件台辆架艘座栋间所处步段期代级层章节页篇份部册卷批次届轮场倍年月日天周号点"
    "元块吨克斤里米升秒岁人口户亩度字句组队国地省市县区城村校大路支颗枚"
)
_COUNTS = re.compile(rf"[{_MEASURES}]|方面|分钟|分之|小时|公[里斤顷]|平方|立方|[毫厘]米")
_TENTHS = re.compile(r"成(?![立为功长本果员就熟绩分型交])(?P<more>[一二三四五六七八九半])?")

_SMALL_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_MONTH_NAMES = (
    "January February March April May June July August September October November December"
)
_RANKS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_MONTHS = {word: number for number, word in enumerate(_MONTH_NAMES.split(), start=1)}
_ORDINALS = {word: number for number, word in enumerate(_RANKS.split(), start=1)}
_PARTS = {"half": 2, "quarter": 4} | {word: n for word, n in _ORDINALS.items() if n > 2}
_WORDS = {word: number for number, word in enumerate(_SMALL_NUMBERS.split())} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=2)
}
_SCALE_WORDS = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_SCALE_LETTERS = {"k": 10**3, "m": 10**6, "mn": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}

_DIGITS = r"\d{1,30}"  # nobody's number is longer, and Python reads no integer without a limit
_ARABIC = re.compile(
    r"(?:(?<![A-Za-z0-9.])(?<![A-Z][-.])|(?<=[vV])(?<![A-Za-z0-9][vV]))"  # v1.2 is a number
    rf"(?P<digits>\d{{1,3}}(?:,\d{{3}}){{1,9}}(?!\d)(?:\.{_DIGITS})?|{_DIGITS}(?:\.{_DIGITS})?)"
    rf"(?:\s?(?P<han>[十百千万亿]{{1,4}})(?P<rest>(?:{_DIGITS}[百千万]?){{0,3}})"
    rf"|(?P<words>(?:[\s-](?i:{'|'.join(_SCALE_WORDS)})\b){{1,3}})"
    r"|(?P<letters>[A-Za-z]+))?"
)
_REST = re.compile(rf"({_DIGITS})([百千万]?)")
_SLASHED = re.compile(r"(?<![\d./])(\d{1,3})/(\d{1,3})(?![\d/])")
_HAN_RUN = re.compile(rf"(?![百千万]分之)[{_HAN}]{{1,30}}(?:点[零〇一二三四五六七八九]{{1,30}})?")
_HAN_FRACTION = re.compile(rf"(?=(([{_HAN}]{{1,9}})分之([{_HAN}]{{1,9}})))")
_NUMBER_WORD = "|".join([*_WORDS, *(f"{word}s?" for word in _SCALE_WORDS)])
_ENGLISH = re.compile(
    rf"\b(?P<article>an?\s)?(?P<words>(?:{_NUMBER_WORD})"
    rf"(?:(?:\s|-|\sand\s)(?:{_NUMBER_WORD})){{0,12}})\b(?:[\s-](?P<part>{'|'.join(_PARTS)})s?\b)?",
    re.IGNORECASE,
)
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\b")
_DAY = re.compile(r"\s\d")
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})\b", re.IGNORECASE)
UNIT_LETTERS = re.compile(r"[kKMGTPE]?(?:B|b|Hz|W|Wh|V|A|bps|FLOPS|OPS)|[a-z]+")

_BEFORE = {"百分之": Fraction(1), "千分之": Fraction(1, 10), "万分之": Fraction(1, 100)}
_AFTER = re.compile(
    r"\s?(?:(?P<points>个?百分点|percent(?:age)? points?)|(?P<percent>%|percent\b|per cent\b)"
    r"|(?P<permille>‰))"
)
_RANGE = re.compile(r"\s?(?:[-–—~～至到]|to)\s?")
_ENUMERATOR = re.compile(  # of an entry of a list: "1. ", "2)", "(三)", "第二，"
    r"^(?:[^\S\n]|[*•·>#-])*(?:\(?\d{1,2}[.):、](?!\s*\d)|\(?[一二三四五六七八九十]{1,3}[.)、]"
    r"|第[一二三四五六七八九十]{1,2}(?=[、:是]))",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at `start:end` of the text that `plain` gives, and its readings.

    `is_claim`: whoever writes it states a number, not a word that has a numeral in it. `scale` is
    what its digits are multiplied with, as 亿 does.
    """

    start: int
    end: int
    values: frozenset[Value]
    is_claim: bool = True
    scale: Fraction = Fraction(1)


def plain(text: str) -> str:
    """`text` after NFKC, without what numbers the entries of a list.

    A full-width comma stays a comma only where it separates full-width thousands.
    """
    separated = re.sub(r"(?<![０-９])，|，(?![０-９]{3})", "、", text)
    return _ENUMERATOR.sub("", unicodedata.normalize("NFKC", separated))


def quantities(text: str) -> list[Quantity]:
    """The numbers of a `plain` text, in order."""
    rest = _ARABIC.sub(lambda digits: " " * len(digits[0]), text)
    found = chain(_arabic(text), _han(rest), _english(rest), _dates_and_ranks(text))
    in_order = sorted((_with_unit(text, one) for one in found), key=lambda one: one.start)
    for position, (first, second) in enumerate(pairwise(in_order)):
        if _RANGE.fullmatch(text, first.end, second.start):
            in_order[position] = _as_second(first, second)
    return in_order


def values(text: str) -> set[Value]:
    """Every reading of every number of a `plain` text."""
    return {value for quantity in quantities(text) for value in quantity.values}


def is_number(token: str) -> bool:
    """Whether a Latin token says a number, such as "100km", "3rd", "million" or "March", and is no
    name."""
    if token in _MONTHS or token.lower() in (*_WORDS, *_SCALE_WORDS, "percent"):
        return True
    match = _ARABIC.fullmatch(re.sub(r"^[vV](?=\d)", "", token))
    return match is not None and _letters(match["letters"]) is not None


def han_value(numeral: str) -> Fraction | None:
    """What a Chinese numeral says; `None` for characters that are none together."""
    whole, _, decimals = numeral.partition("点")
    if decimals:
        before = han_value(whole)
        digits = int("".join(str(_HAN_DIGITS[c]) for c in decimals))
        return None if before is None else before + Fraction(digits, 10 ** len(decimals))
    if all(c in _HAN_DIGITS for c in whole):
        return Fraction(int("".join(str(_HAN_DIGITS[c]) for c in whole)))
    return _scaled_han_value(whole)


def _scaled_han_value(numeral: str) -> Fraction | None:
    if numeral[0] in "百千万亿" and any(c in _HAN_DIGITS for c in numeral):
        return None  # a word, such as 万一
    total, section = 0, 0
    limit, short = _LARGE, 10  # the next scale in a section is less; a last digit is ten times less
    digit: int | None = None
    for character in numeral:
        if character in _HAN_DIGITS:
            if digit:
                return None  # two digits side by side, as in 十四五
            digit = _HAN_DIGITS[character]
            short = 10 if digit == 0 else short
            continue
        factor = _HAN_SCALES[character]
        if factor < _LARGE:
            if factor >= limit:
                return None
            section, limit = section + (1 if digit is None else digit) * factor, factor
        else:
            section, limit = section + (digit or 0), _LARGE
            if total and factor > total:
                total, section = (total + section) * factor, 0
            else:
                total, section = total + (section or int(not total)) * factor, 0
        digit, short = None, factor
    return Fraction(total + section + (digit or 0) * short // 10)


def _arabic(text: str) -> Iterator[Quantity]:
    for match in _ARABIC.finditer(text):
        scales = _letters(match["letters"])
        if scales is None:
            continue  # a name, such as 5G
        scale, rest = 1, Fraction(0)
        for character in match["han"] or "":
            scale *= _HAN_SCALES[character]
        for word in re.findall(r"[a-z]+", (match["words"] or "").lower()):
            scale *= _SCALE_WORDS[word]
        for digits, small in _REST.findall(match["rest"] or ""):
            rest += Fraction(digits) * _HAN_SCALES.get(small, 1)
        number = Fraction(match["digits"].replace(",", ""))
        readings = frozenset((number * scale * one + rest, "") for one in scales)
        yield Quantity(*match.span(), readings, scale=Fraction(scale))
    for match in _SLASHED.finditer(text):
        if int(match[2]):
            value = (Fraction(int(match[1]), int(match[2])), "")
            yield Quantity(*match.span(), frozenset([value]), is_claim=False)


def _letters(letters: str | None) -> tuple[int, ...] | None:
    """What letters right after digits may multiply them with; `None` where they make a name."""
    if not letters or letters in ("st", "nd", "rd", "th"):
        return (1,)
    if letters.lower() in _SCALE_LETTERS:
        return (1, _SCALE_LETTERS[letters.lower()])
    return (1,) if UNIT_LETTERS.fullmatch(letters) else None


def _han(text: str) -> Iterator[Quantity]:
    parts: set[int] = set()
    for match in _HAN_FRACTION.finditer(text):
        parts |= {match.start(2), match.start(3)}
        denominator, numerator = han_value(match[2]), han_value(match[3])
        if denominator and numerator is not None and f"{match[2]}分之" not in _BEFORE:
            share = (numerator / denominator, "")
            yield Quantity(match.start(), match.end(1), frozenset([share]))
    for match in _HAN_RUN.finditer(text):
        value = han_value(match[0])
        if value is None:
            continue
        values = frozenset([(value, "")])
        is_percent = text[match.start() - 3 : match.start()] in _BEFORE
        is_claim = is_percent or (match.start() not in parts and _counts(text, match))
        yield Quantity(*match.span(), values, is_claim)


def _counts(text: str, run: re.Match[str]) -> bool:
    """Whether a Chinese numeral counts something: most that are long do, most that are short need
    what they count."""
    numeral = run[0]
    is_ordinal = text.endswith("第", 0, run.start())
    if numeral == "一":
        return is_ordinal or bool(_TENTHS.match(text, run.end()))
    if is_ordinal or _COUNTS.match(text, run.end()):
        return numeral not in ("百", "千", "万", "亿")  # 上百个 says no number
    if _TENTHS.match(text, run.end()) or _AFTER.match(text, run.end()):
        return True
    is_number = any(c in _HAN_SCALES for c in numeral) or len(numeral) > 2
    return is_number and len(numeral) > 1 and numeral != "千万"


def _english(text: str) -> Iterator[Quantity]:
    for match in _ENGLISH.finditer(text):
        words = [word.rstrip("s") for word in re.findall(r"[a-z]+", match["words"].lower())]
        number = Fraction(_words_value(words))
        states = any(word in _WORDS for word in words) or bool(match["article"])
        if match["part"]:
            number /= _PARTS[match["part"].lower()]
        is_claim = states and (words != ["one"] or bool(match["part"]))
        yield Quantity(*match.span(), frozenset([(number, "")]), is_claim)


def _dates_and_ranks(text: str) -> Iterator[Quantity]:
    for match in _MONTH.finditer(text):
        is_date = match[1] != "May" or bool(_DAY.match(text, match.end()))
        value = (Fraction(_MONTHS[match[1]]), "")
        yield Quantity(*match.span(), frozenset([value]), is_date)
    for match in _ORDINAL.finditer(text):
        value = (Fraction(_ORDINALS[match[1].lower()]), "")
        yield Quantity(*match.span(), frozenset([value]), is_claim=False)


def _words_value(words: list[str]) -> int:
    total, current = 0, 0
    for word in words:
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALE_WORDS:
            total, current = total + (current or 1) * _SCALE_WORDS[word], 0
    return total + current


def _with_unit(text: str, found: Quantity) -> Quantity:
    """The number with the unit that stands before or after it, if it is a share."""
    share, more, unit, end = Fraction(1), 0, "", found.end
    before = text[max(0, found.start - 3) : found.start]
    after = _AFTER.match(text, found.end)
    if before in _BEFORE:
        share, unit = _BEFORE[before], "%"
    elif after:
        share = Fraction(1, 10) if after["permille"] else share
        unit, end = "points" if after["points"] else "%", after.end()
    elif tenths := _TENTHS.match(text, found.end):
        share, unit, end = Fraction(10), "%", tenths.end()
        more = (_HAN_DIGITS | {"半": 5}).get(tenths["more"], 0)
    if not unit:
        return found
    values = frozenset((value * share + more, unit) for value, _ in found.values)
    return replace(found, end=end, values=values)


def _as_second(first: Quantity, second: Quantity) -> Quantity:
    """The first number of a range, which may share the scale and the unit of the second."""
    units = {unit for _, unit in second.values}
    shared = {(v * second.scale, unit) for v, own in first.values if not own for unit in units}
    return replace(first, values=first.values | shared) if first.scale == 1 else first
