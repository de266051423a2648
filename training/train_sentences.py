"""Learn which sentences answer: the weights in `src/askreport/models/sentences.json`.

    python training/train_sentences.py DATA_FOLDER

DATA_FOLDER holds cmrc2018.trial.jsonl.gz. Of the candidate sentences of a
question on its pseudo-report those of its own passage that hold an answer are right, all others
wrong. The weights maximise the probability of the right ones in a softmax over the candidates
(ListNet, Cao et al. 2007). The printed figures are cross-validated over the
passages that the questions were written on.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zlib import crc32

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize

from askreport.answering.sentences import FEATURES, MODEL_FILE, candidates
from askreport.chunking import containing
from askreport.retrieval import Searcher
from pseudo_reports import Asked, pseudo_reports

L2 = 1e-3
FOLDS = 10
MARGINS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)  # of scores below the best, tried for an answer
MOST = 3  # sentences of an answer
PLAIN = np.array([1.0, 1.0, 1.0] + [0.0] * (len(FEATURES) - 3))
Weights = NDArray[np.float64]
console = Console()


@dataclass(frozen=True)
class Ranking:
    """The candidates of one question: features (c, features), right or wrong (c,)."""

    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    fold: int  # of cross-validation; what was written on one passage has one fold


def main(data: Annotated[Path, typer.Argument(help="Folder of the training sets.")]) -> None:
    """Learn on DATA for either set of weights, print figures, write the model."""
    seen: dict[str, list[Ranking]] = {}
    for report in pseudo_reports(data):
        for asked in report.asked:
            if asked.kind == "answerable":
                name = "blind" if asked.wording == "foreign" else report.language
                seen.setdefault(name, []).append(ranking(report.searcher, asked))
    models = {name: learn(name, rankings) for name, rankings in seen.items()}
    MODEL_FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def learn(name: str, rankings: list[Ranking]) -> dict[str, float]:
    """Weights by feature, learned on all rankings; figures are of rankings not learned on."""
    learned = {
        fold: fit([r for r in rankings if r.fold != fold])
        for fold in {ranking.fold for ranking in rankings}
    }
    for k in (1, 2, 3):
        plain = np.mean([hit(r, PLAIN, k) for r in rankings])
        better = np.mean([hit(r, learned[r.fold], k) for r in rankings])
        console.print(f"{name}, right among {k}: plain sum {plain:.3f}, learned {better:.3f}")
    for margin in MARGINS:
        told = [within(r, learned[r.fold], margin) for r in rankings]
        sentences, hits = np.mean([len(t) for t in told]), np.mean([t.any() for t in told])
        console.print(f"  margin {margin}: {sentences:.2f} sentences, right among them {hits:.3f}")
    weights = {
        feature: round(float(w), 4) for feature, w in zip(FEATURES, fit(rankings), strict=True)
    }
    console.print(weights)
    return weights


def ranking(searcher: Searcher, asked: Asked) -> Ranking:
    """The candidates of one question, labelled."""
    index = searcher.index
    positions, rows = candidates(index, searcher.search(asked.question))
    paragraphs = index.reports[0].paragraphs
    right = [
        containing(paragraphs, unit.start) == asked.passage
        and asked.answered_by(index.text(unit).strip())
        for unit in (index.sentences[position] for position in positions)
    ]
    return Ranking(rows, np.array(right), crc32(asked.about.encode()) % FOLDS)


def fit(rankings: list[Ranking]) -> Weights:
    """Weights of shape (features,)."""
    useful = [r for r in rankings if r.right.any() and not r.right.all()]

    def loss(weights: Weights) -> tuple[float, Weights]:
        total, gradient = L2 * float(weights @ weights), 2 * L2 * weights
        for r in useful:
            scores = r.rows @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            right = shares * r.right
            total -= np.log(right.sum() + 1e-12) / len(useful)
            gradient += (shares - right / (right.sum() + 1e-12)) @ r.rows / len(useful)
        return total, gradient

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def hit(ranking: Ranking, weights: Weights, k: int) -> bool:
    """Whether a right sentence is among the first `k`."""
    best = np.argsort(-(ranking.rows @ weights), kind="stable")[:k]
    return bool(ranking.right[best].any())


def within(ranking: Ranking, weights: Weights, margin: float) -> NDArray[np.bool_]:
    """Right or wrong, for the at most `MOST` sentences that score at most `margin` below the
    best."""
    scores = ranking.rows @ weights
    best = np.argsort(-scores, kind="stable")[:MOST]
    return ranking.right[best][scores[best] >= scores[best[0]] - margin]


if __name__ == "__main__":
    typer.run(main)
