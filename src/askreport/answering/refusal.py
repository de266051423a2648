"""How likely it is that the report answers a question: a logistic regression on what search found.

    coverage            share of the question's lexical weight that the best passage holds
    sentence_coverage   the same for the best sentence
    passage             best cosine of a passage
    sentence            best cosine of a sentence
    passage_standout    deviations by which the best passage's cosine lies above the mean
    sentence_standout   the same for the best sentence
    agreement           1: both sides have the same best passage; 0.5: their best three share one
    missing             share of the question's numbers and names that the best passages lack
    missing_numbers     the same for its numbers, and names with a digit, alone
    unknown             share of its numbers and names that the whole index lacks

A question in another language than the report has no lexical side, and its names may be spelt
otherwise there; so it has weights of its own, which look at meaning and numbers only.
Both are learned on cmrc2018.trial by `training/train_refusal.py` and live in `models/refusal.json`.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from askreport.answering.phrases import language_of
from askreport.index import Index
from askreport.retrieval import Found, Scores, standardize

MODEL_FILE = Path(__file__).parents[1] / "models" / "refusal.json"
FEATURE_SETS = {
    "same_language": (
        "coverage",
        "sentence_coverage",
        "passage",
        "sentence",
        "passage_standout",
        "sentence_standout",
        "agreement",
        "missing",
        "unknown",
    ),
    "other_language": (
        "passage",
        "sentence",
        "passage_standout",
        "sentence_standout",
        "missing_numbers",
    ),
}
_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9]+")
_BEST_PASSAGES = 3


def probability(index: Index, found: Found) -> float:
    """Estimated probability, 0 to 1, that the report answers the question."""
    same = language_of(found.query) == language_of(_evidence(index, found))
    weights, intercept = _model("same_language" if same else "other_language")
    values = features(index, found)
    score = intercept + sum(weight * values[name] for name, weight in weights.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def features(index: Index, found: Found) -> dict[str, float]:
    """Values of all features for one question."""
    passage_bm25, sentence_bm25 = index.lexical("passages"), index.lexical("sentences")
    names = names_in(found.query)
    numbers = {name for name in names if any(map(str.isdigit, name))}
    held = words_in(_evidence(index, found))
    return {
        "coverage": found.coverage,
        "sentence_coverage": sentence_bm25.coverage(found.query, found.sentence_bm25),
        "passage": _max(found.passage_cosines),
        "sentence": _max(found.sentence_cosines),
        "passage_standout": _max(standardize(found.passage_cosines)),
        "sentence_standout": _max(standardize(found.sentence_cosines)),
        "agreement": _agreement(found),
        "missing": _share(names, lambda name: name not in held),
        "missing_numbers": _share(numbers, lambda number: number not in held),
        "unknown": _share(names, lambda name: not passage_bm25.knows(name)),
    }


def names_in(question: str) -> set[str]:
    """The numbers and names of a question, in lower case: what evidence must hold.

    Every Latin word of a Chinese question is a name; in an English one, words with a capital or a
    digit are, but for the first word.
    """
    words = _WORD.findall(_plain(question))
    if language_of(question) == "en":
        words = [w for n, w in enumerate(words) if w[0].isdigit() or (n and w != w.lower())]
    return {word.lower() for word in words}


def words_in(text: str) -> set[str]:
    """The numbers and Latin words of a text, in lower case."""
    return {word.lower() for word in _WORD.findall(_plain(text))}


def _share(names: set[str], wanted: Callable[[str], bool]) -> float:
    return sum(map(wanted, names)) / len(names) if names else 0.0


def _evidence(index: Index, found: Found) -> str:
    best = found.best_passages(_BEST_PASSAGES)
    return "\n".join(index.text(index.passages[position]) for position in best)


def _agreement(found: Found) -> float:
    if not found.passages.size:
        return 0.0
    lexical = np.argsort(-found.passage_bm25, kind="stable")[:_BEST_PASSAGES]
    dense = np.argsort(-found.passage_cosines, kind="stable")[:_BEST_PASSAGES]
    if lexical[0] == dense[0]:
        return 1.0
    return 0.5 if set(lexical) & set(dense) else 0.0


def _max(scores: Scores) -> float:
    return float(scores.max()) if scores.size else 0.0


@cache
def _model(name: str) -> tuple[dict[str, float], float]:
    model = json.loads(MODEL_FILE.read_text(encoding="utf-8"))[name]
    return model["weights"], float(model["intercept"])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "")
