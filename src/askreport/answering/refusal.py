"""How likely it is that the report answers a question: a logistic regression on what search found.

    coverage            share of the question's lexical weight that the best passage holds
    telling_coverage    the same for the best of the best sentences, where a word counts less the
                        more of them hold it
    sentence            best cosine of a sentence
    sentence_lead       by how much it is above the mean of the next ones
    missing             share of the question's numbers and names that the best passages lack
    missing_numbers     the same for its numbers, and names with a digit, alone
    unknown             share of its numbers and names that the whole index lacks
    aligned ...         how well its pieces are met one by one: `alignment.py`

Chinese and English texts differ in all of these, so each language has weights of its own. So has a
question in another language than the report: there is no lexical side, and names may be spelt
otherwise there, so these look at meaning and numbers only; and a last set is for when there are no
vectors, because a server is out of reach or the mode is lexical. All are learned on questions
written for it by `training/train_refusal.py`, which also shifts each set so that one threshold fits
all, and live in `models/refusal.json`.
"""

import json
import math
from functools import cache
from pathlib import Path

import numpy as np

from askreport.answering import alignment
from askreport.answering.alignment import Candidate
from askreport.answering.names import lacking, names_in
from askreport.answering.phrases import language_of
from askreport.index import Index
from askreport.lexical import BM25, tokenize
from askreport.retrieval import Found, Scores, without_self_reference

MODEL_FILE = Path(__file__).parents[1] / "models" / "refusal.json"
_WORDS = (
    "coverage",
    "telling_coverage",
    "missing",
    "missing_numbers",
    "unknown",
    *alignment.FEATURES,
)
_SAME_LANGUAGE = ("sentence", "sentence_lead", *_WORDS)
FEATURE_SETS = {
    "zh": _SAME_LANGUAGE,
    "en": _SAME_LANGUAGE,
    "other_language": ("sentence", "sentence_lead", "missing_numbers", *alignment.FEATURES),
    "no_vectors": _WORDS,
}
_BEST_PASSAGES = 3
_CANDIDATES = 8  # best sentences that are looked at closely
_NEXT_ONES = 9
_TALKED_OF = 0.05  # weight of a word that all the best sentences hold


def probability(index: Index, found: Found) -> float:
    """Estimated probability, 0 to 1, that the report answers the question."""
    weights, intercept = _model(_weights_for(index, found))
    values = features(index, found)
    score = intercept + sum(weight * values[name] for name, weight in weights.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _weights_for(index: Index, found: Found) -> str:
    if not found.sentence_cosines.any():
        return "no_vectors"
    language = language_of(found.query)
    return language if language == language_of(_evidence(index, found)) else "other_language"


def features(index: Index, found: Found) -> dict[str, float]:
    """Values of all features for one question."""
    asked = without_self_reference(found.query)
    candidates = _candidates(index, found)
    names, evidence = names_in(asked), _evidence(index, found)
    numbers = {name for name in names if any(map(str.isdigit, name))}
    missing = lacking(names, evidence)
    unknown = {name for name in missing if not _knows(index, name)}
    return {
        "coverage": found.coverage,
        "telling_coverage": _telling_coverage(index.lexical("sentences"), asked, candidates),
        "sentence": _max(found.sentence_cosines),
        "sentence_lead": _lead(found.sentence_cosines),
        "missing": len(missing) / max(1, len(names)),
        "missing_numbers": len(missing & numbers) / max(1, len(numbers)),
        "unknown": len(unknown) / max(1, len(names)),
        **alignment.features(asked, candidates),
    }


def _knows(index: Index, name: str) -> bool:
    return all(map(index.lexical("passages").knows, tokenize(name)))


def _candidates(index: Index, found: Found) -> list[Candidate]:
    return [_candidate(index, position) for position in found.best_sentences(_CANDIDATES)]


def _candidate(index: Index, position: int) -> Candidate:
    home = index.sentence_passage[position]

    def beside(other: int) -> str:
        inside = 0 <= other < len(index.sentences) and index.sentence_passage[other] == home
        return index.text(index.sentences[other]) if inside else ""

    return Candidate(
        sentence=index.text(index.sentences[position]),
        before=beside(position - 1),
        after=beside(position + 1),
        passage=index.text(index.passages[home]),
    )


def _telling_coverage(bm25: BM25, question: str, candidates: list[Candidate]) -> float:
    tokens = sorted(set(tokenize(question)))
    texts = [set(tokenize(candidate.sentence)) for candidate in candidates]
    if not tokens or not texts:
        return 0.0
    held = np.array([[token in text for token in tokens] for text in texts], dtype=np.float64)
    weights = np.array(list(map(bm25.weight, tokens))) * (1 + _TALKED_OF - held.mean(axis=0))
    return float((held @ weights).max() / weights.sum()) if weights.any() else 0.0


def _evidence(index: Index, found: Found) -> str:
    best = found.best_passages(_BEST_PASSAGES)
    return "\n".join(index.text(index.passages[position]) for position in best)


def _lead(scores: Scores) -> float:
    first, *following = np.sort(scores)[::-1][: _NEXT_ONES + 1].tolist() or [0.0]
    return first - sum(following) / len(following) if following else 0.0


def _max(scores: Scores) -> float:
    return float(scores.max()) if scores.size else 0.0


@cache
def _model(name: str) -> tuple[dict[str, float], float]:
    model = json.loads(MODEL_FILE.read_text(encoding="utf-8"))[name]
    return model["weights"], float(model["intercept"])
