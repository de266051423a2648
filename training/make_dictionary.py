"""Make the dictionary that leads an English question to Chinese words.

    python training/make_dictionary.py DATA

DATA holds cedict.jsonl.gz. The result, `src/askreport/models/zh-en-dictionary/words.tsv.gz`, has
a line for each English phrase of one to three stemmed words: the phrase, and the Chinese words that
it is a gloss of, those first of which it is the first gloss.
"""

import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from askreport.dictionary import DICTIONARY_FILE, MOST_WORDS
from askreport.lexical import stem
from static_data import glossary

_WORD = re.compile(r"[a-z0-9]+")
_ARTICLE = re.compile(r"^(?:to|the|an?) ")


def main(data: Annotated[Path, typer.Argument(help="Folder of the training sets.")]) -> None:
    """Write the dictionary."""
    lines = [f"{phrase}\t{' '.join(words)}\n" for phrase, words in entries(glossary(data)).items()]
    with gzip.GzipFile(DICTIONARY_FILE, "wb", mtime=0) as out:  # the same bytes every time
        out.write("".join(sorted(lines)).encode())


def entries(glosses: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Stemmed phrase -> Chinese words; single characters only where there is no longer word."""
    found: dict[str, dict[str, int]] = {}
    for word, meanings in glosses.items():
        for place, meaning in enumerate(meanings):
            plain = _ARTICLE.sub("", meaning.lower().replace("'s", ""))
            phrase = [stem(part) for part in _WORD.findall(plain)]
            if 0 < len(phrase) <= MOST_WORDS:
                found.setdefault(" ".join(phrase), {}).setdefault(word, place)
    return {phrase: _sorted(words) for phrase, words in found.items()}


def _sorted(words: Mapping[str, int]) -> list[str]:
    long = {word: place for word, place in words.items() if len(word) > 1}
    return sorted(long or words, key=lambda word: words[word])


if __name__ == "__main__":
    typer.run(main)
