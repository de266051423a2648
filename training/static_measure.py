"""How good a model is, on what it was tuned on and, once at the end, on SQuAD-format files."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from static_data import rows, sentences

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Texts -> (n, dimension), unit length."""

_PARALLEL_PAIRS = 3_000


def on_tuning_sets(data: Path, encode: Encode) -> dict[str, float]:
    """nDCG@10, R@1, R@5 on passages, R@1 on sentences, R@1 across languages both ways."""
    asked = list(rows(data, "cmrc2018.trial"))
    passages = {r["passage_id"]: r["passage"] for r in asked}
    place = {name: i for i, name in enumerate(passages)}
    gold = np.array([place[r["passage_id"]] for r in asked])
    questions = encode([r["question"] for r in asked])
    found = retrieval(questions, list(passages.values()), gold, encode)
    figures = {f"trial {name}": value for name, value in found.items()}
    figures["trial sentence R@1"] = _sentence_recall(asked, passages, questions, encode)
    pairs = [r for r in rows(data, "parallel.dev") if len(r["zh"]) > 5][:_PARALLEL_PAIRS]
    scores = encode([r["zh"] for r in pairs]) @ encode([r["en"] for r in pairs]).T
    right = np.arange(len(pairs))
    figures["dev zh-en R@1"] = float((scores.argmax(1) == right).mean())
    figures["dev en-zh R@1"] = float((scores.argmax(0) == right).mean())
    return figures


def on_squad(passages: Path, questions: Path, encode: Encode) -> dict[str, float]:
    """Questions of one SQuAD-format file on the passages of another with the same paragraphs."""
    texts: list[str] = []
    asked: list[str] = []
    gold: list[int] = []
    kept, other = (_paragraphs(path) for path in (passages, questions))
    for number, (one, two) in enumerate(zip(kept, other, strict=True)):
        texts.append(one["context"])
        asked += [q["question"] for q in two["qas"]]
        gold += [number] * len(two["qas"])
    return retrieval(encode(asked), texts, np.array(gold), encode)


def retrieval(
    questions: Vectors, passages: list[str], gold: NDArray[np.int64], encode: Encode
) -> dict[str, float]:
    """nDCG@10, R@1, R@5; a passage scores its own cosine plus that of its best sentence.

    `gold` is the one right passage of each question.
    """
    scores = questions @ encode(passages).T + best_sentences(questions, passages, encode)
    rank = (scores > scores[np.arange(len(gold)), gold][:, None]).sum(1)
    gain = np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)
    return {
        "nDCG@10": float(gain.mean()),
        "R@1": float((rank < 1).mean()),
        "R@5": float((rank < 5).mean()),
    }


def best_sentences(questions: Vectors, passages: list[str], encode: Encode) -> Vectors:
    """(questions, passages): the cosine of the best sentence of each passage."""
    parts = [sentences(p, shortest=1) or [p] for p in passages]
    scores = questions @ encode([s for part in parts for s in part]).T
    starts = np.cumsum([0] + [len(part) for part in parts[:-1]])
    best: Vectors = np.maximum.reduceat(scores, starts, axis=1)
    return best


def _sentence_recall(
    asked: list[dict[str, Any]], passages: dict[str, str], questions: Vectors, encode: Encode
) -> float:
    """How often the best of all sentences is of the right passage and holds the answer."""
    cut = [(name, s) for name, text in passages.items() for s in sentences(text)]
    best = (questions @ encode([s for _, s in cut]).T).argmax(1)
    hits = [
        cut[i][0] == r["passage_id"] and any(a in cut[i][1] for a in r["answers"])
        for i, r in zip(best, asked, strict=True)
    ]
    return float(np.mean(hits))


def _paragraphs(path: Path) -> list[dict[str, Any]]:
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return [paragraph for article in articles for paragraph in article["paragraphs"]]
