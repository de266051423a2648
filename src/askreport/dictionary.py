"""Questions in another language than the report, word by word: what a dictionary has for each word.

An English question on a Chinese report shares no word with it, nor a Chinese one with an English
report, so lexical search is blind. Their words' translations are not: each word becomes the set of
all its translations, of which a passage has to hold one (structured queries; Pirkola 1998,
doi:10.1145/290941.290957), and a word that the dictionary gives many meanings counts little because
many passages hold one of them.
"""

import gzip
import re
import unicodedata
from functools import cache
from pathlib import Path

from askreport.lexical import is_stop_word, is_unspaced, stem

DICTIONARY_FILE = Path(__file__).parent / "models" / "zh-en-dictionary" / "words.tsv.gz"
MOST_WORDS = 3  # of an English phrase in the dictionary
_LONGEST_WORD = 8  # characters, of Chinese words looked for in a question
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
# Chinese words that say how a question is built and not what it is about.
_GRAMMAR = frozenset(
    (
        *(
            "什么",
            "为什么",
            "怎么",
            "怎么样",
            "怎样",
            "如何",
            "多少",
            "哪些",
            "哪个",
            "哪里",
            "哪儿",
        ),
        *("是否", "有没有", "可以", "这个", "那个", "这些", "那些", "一个", "以及", "或者", "还是"),
        *("因为", "所以", "但是", "如果", "已经", "关于", "对于"),
    )
)


def translated(question: str) -> list[list[str]]:
    """What each content word and each known phrase of a question may be called in the other
    language: the word itself, then its translations.

    English words are stems, as `lexical.tokenize` makes them.
    """
    plain = unicodedata.normalize("NFKC", question).lower()
    return _from_chinese(plain) if any(map(is_unspaced, plain)) else _from_english(plain)


def load() -> None:
    """Read the dictionary now and not with the first question that needs it."""
    _chinese_words()


def _from_english(question: str) -> list[list[str]]:
    words = _WORD.findall(question.replace("'s", ""))
    stems = [stem(word) for word in words]
    known = _chinese_words()
    units = []
    for size in range(1, MOST_WORDS + 1):
        for at in range(len(words) - size + 1):
            phrase = known.get(" ".join(stems[at : at + size]), "").split()
            if size == 1 and not is_stop_word(words[at]):
                units.append([words[at], *phrase])
            elif phrase and size > 1:
                units.append([" ".join(words[at : at + size]), *phrase])
    return units


def _from_chinese(question: str) -> list[list[str]]:
    """Latin words and numbers as they are, Chinese words by the longest that the dictionary has."""
    units = [[word] for word in _WORD.findall(question) if not is_stop_word(word)]
    known = _english_phrases()
    at = 0
    while at < len(question):
        ends = range(min(len(question), at + _LONGEST_WORD), at + 1, -1)
        end = next((end for end in ends if question[at:end] in known), at + 1)
        word = question[at:end]
        if (phrases := known.get(word)) and word not in _GRAMMAR:
            units.append([word, *phrases])
        at = end
    return units


@cache
def _chinese_words() -> dict[str, str]:
    """Stemmed phrase -> its translations with spaces between: lists would take thrice the room."""
    with gzip.open(DICTIONARY_FILE, "rt", encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("\t") for line in lines)


@cache
def _english_phrases() -> dict[str, list[str]]:
    """Chinese word of two characters or more -> the stemmed phrases that it translates.

    Single characters are left out: without the word around them they may mean anything.
    """
    phrases: dict[str, list[str]] = {}
    for phrase, words in _chinese_words().items():
        if not all(map(is_stop_word, phrase.split())):
            for word in words.split():
                if len(word) > 1:
                    phrases.setdefault(word, []).append(phrase)
    return phrases
