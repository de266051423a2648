"""Learn when to refuse: the weights in `src/askreport/models/refusal.json`.

    python training/train_refusal.py DATA_FOLDER

DATA_FOLDER holds cmrc2018.trial.jsonl.gz. What `pseudo_reports.py` calls
answerable is; what is near or far is not, nor is an answerable question with a number changed. The
printed figures are cross-validated over the passages that the questions were written on.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from askreport.answering.refusal import FEATURE_SETS, MODEL_FILE, features
from pseudo_reports import SEED, PseudoReport, Wording, pseudo_reports

FOLDS = 10
# What each kind counts, however many there are. Far questions are easy, and there are most of them.
KIND_WEIGHTS = {
    "answerable": 1.0,
    "near": 0.6,
    "far": 0.4,
    "elsewhere": 0.3,
    "other number": 0.2,
}
WORDING_WEIGHTS = {"own": 0.5}  # most readers have seen some of the report's words
ALLOWED = 0.05  # share of the answerable of each set of weights that may be refused
OPERATING_POINT = 0.2  # what is refused below by default, `answer.refuse_below`
WRONG_REFUSALS = (
    0.01,
    0.02,
    0.03,
    0.05,
    0.1,
)  # shares of the answerable below a threshold
_NUMBER = re.compile(r"\d+")
console = Console()


class Example(NamedTuple):
    """One question as asked: whether it is answerable, and the features of the answer found.

    `weights` names the sets of weights that may judge it, `about` the passage that it was written
    on.
    """

    kind: str
    wording: Wording
    weights: tuple[str, ...]
    about: str
    features: dict[str, float]


def main(data: Annotated[Path, typer.Argument(help="Folder of the training sets.")]) -> None:
    """Learn on DATA, print cross-validated figures, write the model."""
    rng = random.Random(SEED)
    found = [example for report in pseudo_reports(data) for example in _examples(report, rng)]
    models = {}
    for name, columns in FEATURE_SETS.items():
        used = [example for example in found if name in example.weights]
        x = np.array([[example.features[column] for column in columns] for example in used])
        labels = np.array([example.kind == "answerable" for example in used])
        weights, about = _weights(used), [example.about for example in used]
        unseen = np.zeros(len(used))
        # What was written on one passage is left out together, whichever report it was asked of.
        for seen, rest in GroupKFold(FOLDS).split(x, groups=about):
            slopes, intercept = _fit(x[seen], labels[seen], weights[seen])
            unseen[rest] = 1 / (1 + np.exp(-(x[rest] @ slopes + intercept)))
        _report(name, used, labels, unseen)
        slopes, intercept = _fit(x, labels, weights)
        threshold = float(np.quantile(unseen[labels], ALLOWED))
        intercept += _logit(OPERATING_POINT) - _logit(threshold)
        models[name] = {
            "weights": {c: round(float(w), 4) for c, w in zip(columns, slopes, strict=True)},
            "intercept": round(intercept, 4),
        }
    MODEL_FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _fit(
    x: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Slopes (columns,) and intercept of a logistic regression on `x`."""
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=0.1, max_iter=5000)
    model.fit(scaler.transform(x), labels, sample_weight=weights)
    slopes = model.coef_[0] / scaler.scale_
    return slopes, float(model.intercept_[0] - slopes @ scaler.mean_)


def _weights(used: list[Example]) -> NDArray[np.float64]:
    """Weights (n,) that give every kind its share, and are 1 on the whole for the answerable."""
    counts = Counter(example.kind for example in used)
    whole = counts["answerable"]
    return np.array(
        [
            KIND_WEIGHTS[e.kind] * WORDING_WEIGHTS.get(e.wording, 1.0) * whole / counts[e.kind]
            for e in used
        ]
    )


def _report(
    name: str, used: list[Example], labels: NDArray[np.bool_], unseen: NDArray[np.float64]
) -> None:
    """Print the AUC by wording and kind, and what thresholds would refuse."""
    kinds = np.array([example.kind for example in used])
    wordings = np.array([example.wording for example in used])
    told = sorted({*wordings})
    for wording in told:
        asked = wordings == wording
        areas = [f"all {roc_auc_score(labels[asked], unseen[asked]):.3f}"]
        for kind in sorted({*kinds[asked & ~labels]}):
            pair = asked & (labels | (kinds == kind))
            areas.append(f"{kind} {roc_auc_score(labels[pair], unseen[pair]):.3f}")
        console.print(f"{name}, {wording}: AUC", ", ".join(areas))
    for share in WRONG_REFUSALS:
        threshold = float(np.quantile(unseen[labels], share))
        console.print(f"  {share:.0%} of the answerable are below {threshold:.3f}")
        for wording in told:
            asked = wordings == wording
            below = [
                f"{kind} {np.mean(unseen[asked & (kinds == kind)] < threshold):.0%}"
                for kind in sorted({*kinds[asked]})
            ]
            console.print(f"    {wording}:", ", ".join(below))


def _examples(report: PseudoReport, rng: random.Random) -> Iterator[Example]:
    for asked in report.asked:
        is_same = asked.wording != "foreign"
        names = (report.language, "no_vectors") if is_same else ("other_language",)
        found = _features(report, asked.question)
        yield Example(asked.kind, asked.wording, names, asked.about, found)
        is_plain = asked.wording == "plain" and asked.kind == "answerable"
        if is_plain and _NUMBER.search(asked.question):
            changed = _features(report, other_number(asked.question, rng))
            yield Example("other number", "plain", names, asked.about, changed)


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
