"""Is a written sentence borne out by the sentences that it cites? Checked without a chat model.

    it cites something -> its numbers, Latin names and quotations are there -> it means the same

The first check that fails is the reason to doubt it. What cannot be seen this way is a sentence
about the right things that says something wrong of them in words ("did not rise").
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askreport.answering import numerals
from askreport.answering.phrases import language_of
from askreport.schema import Reason

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # n texts -> vectors, shape (n, dimension)

# Cosine of the bundled model (training/measure_nearness.py). On parallel.dev and cmrc2018.trial
# 87 to 95 % of unrelated sentences lie below, and .1 % of those that are borne out.
NEAR_ENOUGH = 0.2

_LATIN = "A-Za-zÀ-ɏ"
_TOKEN = re.compile(rf"[{_LATIN}0-9]+(?:[-.'&+][{_LATIN}0-9]+)*")
_NAME_PART = re.compile(rf"[{_LATIN}0-9]+")
_JOINED_PARTS = 4  # "GPT-4", "GPT 4" and "GPT4" are one name
_BEGINNING = re.compile(r"^[\s*•·>#\-\"“‘(]*", re.MULTILINE)
_ENDS_IN_NUMBER = re.compile(r"\d[\s-]?\Z")
_QUOTED = re.compile(r'“([^“”]*)|「([^「」]*)|『([^『』]*)|《([^《》]*)|"([^"]*)"')
_QUOTE_MARKS = re.compile(r"[\s“”‘’\"'「」『』《》]+")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
_BARE_WORDS = 6  # Han characters or Latin words
_ELLIPSIS = re.compile(r"\.{3,}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a sentence is not supported; `words` of it that its sources lack."""

    reason: Reason
    words: tuple[str, ...] = ()


def doubt(sentence: str, cited: Sequence[str], embed: Embed) -> Doubt | None:
    """Why `sentence` is not supported by the sentences `cited`; `None` where it is.

    A sentence without a letter or a digit claims nothing and needs no support.
    """
    if not any(character.isalnum() for character in sentence):
        return None
    if not cited:
        return Doubt("uncited")
    if numbers := missing_numbers(sentence, cited):
        return Doubt("number", numbers)
    if names := missing_names(sentence, cited):
        return Doubt("name", names)
    if quotations := missing_quotations(sentence, cited):
        return Doubt("quotation", quotations)
    if _is_bare_fact(sentence) or nearness(sentence, cited, embed) >= NEAR_ENOUGH:
        return None
    return Doubt("meaning")


def missing_numbers(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The numbers that `text` states and no source does, in any spelling."""
    known = {value for source in sources for value in numerals.values(numerals.plain(source))}
    readable = numerals.plain(text)
    stated = (one for one in numerals.quantities(readable) if one.is_claim)
    return _unique(readable[one.start : one.end] for one in stated if not known & one.values)


def missing_names(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The Latin names in `text` that no source has; case, hyphens and plurals make no difference.

    An English sentence about Chinese ones may spell names that are Han characters there; so only
    those with a digit or a capital inside ("H100", "OpenAI") must stand there too.
    """
    known = {name for source in sources for name in _joined_parts(source)}
    is_translated = language_of(text) == "en" and language_of(" ".join(sources)) == "zh"
    return _unique(
        token
        for token in _names(numerals.plain(text))
        if not (is_translated and not re.search(r"\d|[a-z][A-Z]", token))
        and not known & _spellings(token)
    )


def missing_quotations(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """The phrases in quotation marks that no source has, word by word."""
    known = "\n".join(_squeezed(source) for source in sources)
    return _unique(
        phrase
        for phrase in _quotations(unicodedata.normalize("NFKC", text))
        if not all(part.strip(".,:;!?、。") in known for part in _ELLIPSIS.split(_squeezed(phrase)))
    )


def nearness(text: str, sources: Sequence[str], embed: Embed) -> float:
    """Cosine, -1 to 1, of `text` with the nearest of the sources, or with all of them together."""
    vectors = embed([text, " ".join(sources), *sources])
    lengths = np.linalg.norm(vectors, axis=1)
    products = lengths[1:] * lengths[0]
    cosines = np.divide(
        vectors[1:] @ vectors[0], products, out=np.zeros_like(products), where=products > 0
    )
    return float(cosines.max())


def _is_bare_fact(sentence: str) -> bool:
    """Whether it is little more than a number or a name ("In 2023."), which a question gives its
    meaning and not the sentence itself."""
    readable = numerals.plain(sentence)
    states = any(one.is_claim for one in numerals.quantities(readable)) or any(_names(readable))
    return states and len(_WORD.findall(readable)) <= _BARE_WORDS


def _names(text: str) -> Iterator[str]:
    is_english = language_of(text) == "en"
    beginnings = {match.end() for match in _BEGINNING.finditer(text)}
    for match in _TOKEN.finditer(text):
        token = match[0].removesuffix("'s")
        after_number = _ENDS_IN_NUMBER.search(text[max(0, match.start() - 2) : match.start()])
        if after_number and numerals.UNIT_LETTERS.fullmatch(token):
            continue
        if _is_name(token, is_english, match.start() in beginnings):
            yield token


def _is_name(token: str, is_english: bool, begins_sentence: bool) -> bool:
    """Whether a Latin word is a name: in a Chinese sentence it always is, in an English one if it
    has capitals or digits among its letters, but for the capital that begins the sentence."""
    parts = token.split("-")
    if len(token) == 1 or all(map(numerals.is_number, parts)):
        return False
    if is_english and begins_sentence and token[1:].isalpha() and token[1:].islower():
        return False
    return not is_english or any(_looks_like_a_name(part) for part in parts)


def _looks_like_a_name(part: str) -> bool:
    return part != part.lower() or not (part.isalpha() or numerals.is_number(part))


def _joined_parts(text: str) -> Iterator[str]:
    """Every Latin word or number of a text, alone and with the ones that follow it."""
    parts = _NAME_PART.findall(unicodedata.normalize("NFKC", text).casefold())
    for start in range(len(parts)):
        for length in range(1, _JOINED_PARTS + 1):
            yield "".join(parts[start : start + length])


def _spellings(name: str) -> set[str]:
    joined = "".join(_NAME_PART.findall(name.casefold()))
    singular = joined.removesuffix("s") if len(joined) > 2 else joined
    return {joined, singular, f"{joined}s"}


def _quotations(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        phrase = next(group for group in match.groups() if group is not None)
        if any(character.isalnum() for character in phrase):
            yield phrase


def _squeezed(text: str) -> str:
    return _QUOTE_MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _unique(words: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in words))
