"""Learn when to refuse: the weights in `src/askreport/models/refusal.json`.

    python training/train_refusal.py DATA_FOLDER

DATA_FOLDER holds cmrc2018.trial.jsonl.gz and the dictionary. What `pseudo_reports.py` calls
answerable is; what is near or far is not, nor is an answerable question with a number changed. The
printed figures are cross-validated over the pseudo-reports.
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from askreport.answering.refusal import FEATURE_SETS, MODEL_FILE, features
from pseudo_reports import SEED, PseudoReport, Wording, pseudo_reports

WORDINGS: dict[str, tuple[Wording, ...]] = {
    "same_language": ("plain", "reworded"),
    "other_language": ("english",),
}
WRONG_REFUSALS = (0.01, 0.02, 0.05, 0.1)  # shares of the answerable questions below a threshold
_NUMBER = re.compile(r"\d+")
console = Console()


class Example(NamedTuple):
    """One question as asked: whether it is answerable, and the features of the answer found."""

    kind: str
    wording: Wording
    group: int
    features: dict[str, float]


def main(data: Annotated[Path, typer.Argument(help="Folder of the training sets.")]) -> None:
    """Learn on DATA, print cross-validated figures, write the model."""
    rng = random.Random(SEED)
    found = [
        example
        for group, report in enumerate(pseudo_reports(data))
        for example in _examples(report, group, rng)
    ]
    models = {}
    for name, columns in FEATURE_SETS.items():
        used = [example for example in found if example.wording in WORDINGS[name]]
        x = np.array([[example.features[column] for column in columns] for example in used])
        labels = np.array([example.kind == "answerable" for example in used])
        groups = np.array([example.group for example in used])
        model = LogisticRegression(C=1.0, max_iter=5000, class_weight="balanced")
        unseen = cross_val_predict(
            model, x, labels, groups=groups, cv=LeaveOneGroupOut(), method="predict_proba"
        )[:, 1]
        _report(name, used, labels, unseen)
        model.fit(x, labels)
        weights = zip(columns, model.coef_[0], strict=True)
        models[name] = {
            "weights": {column: round(float(weight), 4) for column, weight in weights},
            "intercept": round(float(model.intercept_[0]), 4),
        }
    MODEL_FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def _report(
    name: str, used: list[Example], labels: NDArray[np.bool_], unseen: NDArray[np.float64]
) -> None:
    """Print the AUC by wording, and what thresholds would refuse."""
    for wording in WORDINGS[name]:
        asked = np.array([example.wording == wording for example in used])
        area = roc_auc_score(labels[asked], unseen[asked])
        console.print(f"{name}, {wording}: AUC {area:.3f}")
    kinds = np.array([example.kind for example in used])
    for share in WRONG_REFUSALS:
        threshold = float(np.quantile(unseen[labels], share))
        right = {kind: f"{np.mean(unseen[kinds == kind] < threshold):.0%}" for kind in set(kinds)}
        console.print(f"  below {threshold:.3f}: {right}")


def _examples(report: PseudoReport, group: int, rng: random.Random) -> Iterator[Example]:
    for asked in report.asked:
        for wording, question in asked.wordings.items():
            yield Example(asked.kind, wording, group, _features(report, question))
        plain = asked.wordings["plain"]
        if asked.kind == "answerable" and _NUMBER.search(plain):
            changed = _features(report, other_number(plain, rng))
            yield Example("other number", "plain", group, changed)


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
    typer.run(main)
