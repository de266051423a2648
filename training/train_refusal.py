"""Learn when to refuse: the weights in `src/askreport/models/refusal.json`.

    python training/train_refusal.py DATA_FOLDER

DATA_FOLDER holds cmrc2018.trial.jsonl.gz. A question whose passage is in a pseudo-report is
answerable, one whose passage was left out is not; nor is an answerable one with a number changed.
The printed figures are cross-validated over the pseudo-reports.
"""

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from askreport.answering.refusal import FEATURE_SETS, MODEL_FILE, features
from pseudo_reports import SEED, PseudoReport, pseudo_reports

WRONG_REFUSALS = (0.005, 0.01, 0.02, 0.05)  # shares of the answerable questions below a threshold
_NUMBER = re.compile(r"\d+")
console = Console()


def main() -> None:
    """Learn, print cross-validated figures, write the model."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    rows, labels, groups = examples(parser.parse_args().data / "cmrc2018.trial.jsonl.gz")
    models = {}
    for name, columns in FEATURE_SETS.items():
        x = np.array([[row[column] for column in columns] for row in rows])
        model = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced")
        unseen = cross_val_predict(
            model, x, labels, groups=groups, cv=LeaveOneGroupOut(), method="predict_proba"
        )[:, 1]
        console.print(f"{name}: AUC {roc_auc_score(labels, unseen):.3f}")
        for share in WRONG_REFUSALS:
            threshold = float(np.quantile(unseen[labels == 1], share))
            right = float(np.mean(unseen[labels == 0] < threshold))
            console.print(
                f"  below {threshold:.3f}: {share:.1%} of the answerable, {right:.0%} of the others"
            )
        model.fit(x, labels)
        weights = zip(columns, model.coef_[0], strict=True)
        models[name] = {
            "weights": {column: round(float(weight), 4) for column, weight in weights},
            "intercept": round(float(model.intercept_[0]), 4),
        }
    MODEL_FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def examples(path: Path) -> tuple[list[dict[str, float]], NDArray[np.int64], NDArray[np.int64]]:
    """Features, labels (1: answerable) and pseudo-report of every question."""
    rng = random.Random(SEED)
    found = [
        (row, label, group)
        for group, report in enumerate(pseudo_reports(path))
        for row, label in _examples(report, rng)
    ]
    rows, labels, groups = zip(*found, strict=True)
    return list(rows), np.array(labels), np.array(groups)


def _examples(report: PseudoReport, rng: random.Random) -> Iterator[tuple[dict[str, float], int]]:
    for asked in report.answerable:
        yield _features(report, asked.question), 1
        if _NUMBER.search(asked.question):
            yield _features(report, other_number(asked.question, rng)), 0
    for question in report.unanswerable:
        yield _features(report, question), 0


def _features(report: PseudoReport, question: str) -> dict[str, float]:
    return features(report.searcher.index, report.searcher.search(question))


def other_number(question: str, rng: random.Random) -> str:
    """The question with one number changed to another of as many digits."""
    number = rng.choice(list(_NUMBER.finditer(question)))
    digits = len(number[0])
    other = number[0]
    while other == number[0]:
        other = str(rng.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits))
    return question[: number.start()] + other + question[number.end() :]


if __name__ == "__main__":
    main()
