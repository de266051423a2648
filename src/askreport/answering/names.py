"""The numbers and names of a question, and whether a text holds them."""

import re
import unicodedata
from itertools import pairwise

from askreport.answering.phrases import language_of

_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9]+")
_RUN = re.compile(r"[A-Za-z]+(?:[ .-][A-Za-z]+)*")  # words that one name may be made of
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of a word such as OpenAI
_SHORTEST = 3  # letters of a name that may be a part of a word, or be made of several


def names_in(question: str) -> set[str]:
    """The numbers and names of a question, in lower case: what evidence must hold.

    Every Latin word of a Chinese question is a name; in an English one, words with a capital or a
    digit are, but for the first word.
    """
    words = _WORD.findall(_plain(question))
    if language_of(question) == "en":
        words = [w for n, w in enumerate(words) if w[0].isdigit() or (n and w != w.lower())]
    return {word.lower() for word in words}


def lacking(names: set[str], text: str) -> set[str]:
    """Those of `names` that `text` does not hold, be it as one word or as several.

    `OpenAI` holds `open`, and `Open AI` holds `openai`; nothing else inside a word counts.
    """
    plain = _plain(text)
    words = {word.lower() for word in _WORD.findall(plain)}
    rest = names - words
    if not any(len(name) >= _SHORTEST and name.isalpha() for name in rest):
        return rest
    spelt = {a for a in names for b in names if a + b in words or b + a in words}
    for run in _RUN.findall(plain):
        parts = [part.lower() for word in re.split(r"[ .-]", run) for part in _PART.findall(word)]
        spelt.update(parts)
        spelt.update(first + second for first, second in pairwise(parts))
    return {n for n in rest if n not in spelt or not n.isalpha() or len(n) < _SHORTEST}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "")
