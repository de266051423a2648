"""English questions on a Chinese report, word by word: what a dictionary has for each word.

A question in another script than the report shares no word with it, so lexical search is blind. Its
words' translations are not: each word becomes the set of all its translations, of which a passage
has to hold one (structured queries; Pirkola 1998, doi:10.1145/290941.290957), and a word that the
dictionary gives many meanings counts little because many passages hold one of them.
"""

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

from askreport.lexical import is_stop_word

DICTIONARY_FILE = Path(__file__).parent / "models" / "zh-en-dictionary" / "words.tsv.gz"
MOST_WORDS = 3  # of an English phrase in the dictionary
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")


def translated(question: str) -> list[list[str]]:
    """What each content word and each known phrase of an English question may be called: the word
    itself, then its translations."""
    words = _WORD.findall(question.lower().replace("'s", ""))
    stems = [stem(word) for word in words]
    known = _words()
    units = []
    for size in range(1, MOST_WORDS + 1):
        for at in range(len(words) - size + 1):
            phrase = known.get(" ".join(stems[at : at + size]), "").split()
            if size == 1 and not is_stop_word(words[at]):
                units.append([words[at], *phrase])
            elif phrase and size > 1:
                units.append([" ".join(words[at : at + size]), *phrase])
    return units


def load() -> None:
    """Read the dictionary now and not with the first question that needs it."""
    _words()


@cache
def stem(word: str) -> str:
    """An English word without its endings: investing, invested -> invest."""
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@cache
def _words() -> dict[str, str]:
    """Stemmed phrase -> its translations with spaces between: lists would take thrice the room."""
    with gzip.open(DICTIONARY_FILE, "rt", encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("\t") for line in lines)
