"""How likely it is that the report answers a question: a logistic regression over what search
found.

    coverage            share of the question's lexical weight that the best passage holds
    sentence_coverage   the same for the best sentence
    passage, sentence   best cosines
    passage_standout, sentence_standout   how many deviations the best cosine lies above the mean
    agreement           whether the best passages of both sides are the same, or share a place in
    the first 3 missing             share of the question's numbers, years and names that the best
    passages lack

A question in another language than the report has no lexical side, so it has weights of its own.
They are learned on cmrc2018.train by `training/train_refusal.py` and live in `models/refusal.json`.
"""

import json
import math
import re
import unicodedata
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
    ),
    "other_language": ("passage_standout", "sentence_standout", "missing"),
}
_HARD_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9]+")
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
    sentence_bm25 = index.lexical("sentences")
    return {
        "coverage": found.coverage,
        "sentence_coverage": sentence_bm25.coverage(found.query, found.sentence_bm25),
        "passage": _max(found.passage_cosines),
        "sentence": _max(found.sentence_cosines),
        "passage_standout": _max(standardize(found.passage_cosines)),
        "sentence_standout": _max(standardize(found.sentence_cosines)),
        "agreement": _agreement(found),
        "missing": missing_share(found.query, _evidence(index, found)),
    }


def missing_share(question: str, evidence: str) -> float:
    """Share of the question's numbers and names that `evidence` lacks; 0 where it has none.

    Every Latin word of a Chinese question is a name; in an English one, words with a capital or a
    digit are, but for the first word.
    """
    words = _HARD_TOKEN.findall(_plain(question))
    if language_of(question) == "en":
        words = [w for n, w in enumerate(words) if w[0].isdigit() or (n and w != w.lower())]
    asked = {word.lower() for word in words}
    held = {word.lower() for word in _HARD_TOKEN.findall(_plain(evidence))}
    return len(asked - held) / len(asked) if asked else 0.0


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
    return float(scores.max(initial=0.0))


@cache
def _model(name: str) -> tuple[dict[str, float], float]:
    model = json.loads(MODEL_FILE.read_text(encoding="utf-8"))[name]
    return model["weights"], float(model["intercept"])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(",", "")
