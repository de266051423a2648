"""Contrastive training of a table of piece vectors, on one or two processor cores.

A batch comes from one source, so that the wrong answers are of the same kind as the right one.
Only the rows that a batch uses are touched, so a step of 1,024 pairs takes a quarter of a second.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from tokenizers import Tokenizer
from torch.nn import functional

from static_data import Pair
from static_model import Bags
from static_tokenizer import is_han

Report = Callable[[int, float, torch.Tensor], None]
"""Called now and then with the step, the mean loss since the last call, and the table."""

MIX: dict[str, float] = {
    "question-passage": 0.10,
    "question-sentence": 0.10,
    "sentence-passage": 0.10,
    "heading": 0.08,
    "neighbour": 0.10,
    "parallel": 0.26,
    "dictionary": 0.10,
    "glossed question-passage": 0.05,
    "glossed question-sentence": 0.05,
    "glossed heading": 0.03,
    "glossed neighbour": 0.03,
}


@dataclass(frozen=True)
class Recipe:
    """What a run is made of; printed on the model card."""

    seed: int = 7
    dimension: int = 256
    steps: int = 1_200
    batch: int = 1_024
    temperature: float = 0.05
    rate: float = 0.1  # of Adam, against starting rows of about unit variance
    warm_up: float = 0.05  # share of the steps
    dropped: float = 0.1  # share of pieces left out: words learn to stand in for others
    longest: int = 192  # pieces of a text that are read in training
    rare: float = 1e-3  # SIF: a piece of frequency f starts with weight rare / (rare + f)
    compose: bool = True  # a piece is its own row plus those of its characters and n-grams
    mix: Mapping[str, float] = field(default_factory=lambda: dict(MIX))


class Source:
    """The pairs of one source as bags of pieces, and their groups as numbers."""

    def __init__(self, tokenizer: Tokenizer, pairs: list[Pair], longest: int) -> None:
        self.left = Bags.of_texts(tokenizer, [p.left for p in pairs], longest)
        self.right = Bags.of_texts(tokenizer, [p.right for p in pairs], longest)
        numbers: dict[str, int] = {}
        self.groups = np.array([numbers.setdefault(p.group, len(numbers)) for p in pairs])


class Table:
    """Piece vectors made of shared rows, and Adam's two moments for every row.

    A piece is `weight` times the mean of the rows that `parts` names for it.
    """

    def __init__(self, start: torch.Tensor, parts: Bags, weight: torch.Tensor) -> None:
        self.rows = start
        self._parts = parts
        self._weight = weight
        self._first = torch.zeros_like(start)
        self._second = torch.zeros_like(start)
        self._steps = 0

    def some(
        self, pieces: NDArray[np.int64]
    ) -> tuple[torch.Tensor, NDArray[np.int64], torch.Tensor]:
        """Vectors of these pieces, the numbers of the rows they are made of, and those rows."""
        used, sizes = self._parts.take(pieces)
        rows, places = _numbered(used, len(self.rows))
        leaf = self.rows[torch.from_numpy(rows)].requires_grad_()
        vectors = _bag_means(places, sizes, leaf) * self._weight[torch.from_numpy(pieces), None]
        return vectors, rows, leaf

    @torch.no_grad()
    def all(self) -> torch.Tensor:
        """(pieces, dimension)."""
        return self.some(np.arange(len(self._parts)))[0].detach()

    @torch.no_grad()
    def step(self, rows: NDArray[np.int64], slope: torch.Tensor, rate: float) -> None:
        """One step of Adam (Kingma and Ba 2015) on these rows only."""
        self._steps += 1
        at = torch.from_numpy(rows)
        first = self._first[at].lerp_(slope, 0.1)
        second = self._second[at].lerp_(slope * slope, 0.001)
        self._first[at], self._second[at] = first, second
        first = first / (1 - 0.9**self._steps)
        second = (second / (1 - 0.999**self._steps)).sqrt_().add_(1e-8)
        self.rows[at] -= rate * first / second


def fit(
    recipe: Recipe,
    tokenizer: Tokenizer,
    sources: Mapping[str, list[Pair]],
    start: torch.Tensor | None,
    report: Report,
    report_every: int = 300,
) -> torch.Tensor:
    """The trained (pieces, dimension) table; `start` holds vectors to begin with, or nothing."""
    chance = np.random.default_rng(recipe.seed)
    bags = {
        name: Source(tokenizer, sources[name], recipe.longest)
        for name in track(recipe.mix, description="tokenizing")
    }
    table = _table(recipe, tokenizer, bags, start)
    shares = np.array(list(recipe.mix.values())) / sum(recipe.mix.values())
    losses: list[float] = []
    for step in track(range(recipe.steps), description="training"):
        source = bags[chance.choice(list(recipe.mix), p=shares)]
        chosen = chance.choice(len(source.left), min(recipe.batch, len(source.left)), replace=False)
        losses.append(_learn(table, source, chosen, recipe, _rate(recipe, step), chance))
        if (step + 1) % report_every == 0 or step + 1 == recipe.steps:
            report(step + 1, float(np.mean(losses)), table.all())
            losses.clear()
    return table.all()


def _rate(recipe: Recipe, step: int) -> float:
    """Up in a line, then down in a line to nothing."""
    done = (step + 1) / recipe.steps
    return recipe.rate * min(done / recipe.warm_up, (1 - done) / (1 - recipe.warm_up))


def _learn(
    table: Table,
    source: Source,
    chosen: NDArray[np.int64],
    recipe: Recipe,
    rate: float,
    chance: np.random.Generator,
) -> float:
    """One step: each text must find its partner among those of the batch, both ways (InfoNCE)."""
    kept = [
        _thinned(*side.take(chosen), recipe.dropped, chance) for side in (source.left, source.right)
    ]
    flat = np.concatenate([ids for ids, _ in kept])
    sizes = np.concatenate([size for _, size in kept])
    pieces, places = _numbered(flat, 0)
    vectors, rows, leaf = table.some(pieces)
    left, right = functional.normalize(_bag_means(places, sizes, vectors), dim=-1).chunk(2)
    groups = torch.from_numpy(source.groups[chosen])
    same = (groups[:, None] == groups[None, :]).fill_diagonal_(False)
    scores = (left @ right.T / recipe.temperature).masked_fill(same, -torch.inf)
    right_one = torch.arange(len(chosen))
    loss = (
        functional.cross_entropy(scores, right_one) + functional.cross_entropy(scores.T, right_one)
    ) / 2
    (slope,) = torch.autograd.grad(loss, leaf)
    table.step(rows, slope, rate)
    return float(loss.detach())


def _thinned(
    flat: NDArray[np.int32], sizes: NDArray[np.int64], dropped: float, chance: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The same bags with a share of their pieces left out."""
    kept = chance.random(len(flat)) >= dropped
    counts = np.concatenate([[0], np.cumsum(kept)])
    ends = np.cumsum(sizes)
    return flat[kept], counts[ends] - counts[ends - sizes]


def _numbered(flat: NDArray[np.int32], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ids in order, and the place of each given id (as np.unique, but faster)."""
    seen = np.zeros(max(size, int(flat.max(initial=0)) + 1), dtype=bool)
    seen[flat] = True
    places = np.cumsum(seen) - 1
    return np.flatnonzero(seen), places[flat]


def _bag_means(
    places: NDArray[np.int64], sizes: NDArray[np.int64], rows: torch.Tensor
) -> torch.Tensor:
    starts = torch.from_numpy(np.cumsum(sizes) - sizes)
    return functional.embedding_bag(torch.from_numpy(places), rows, starts, mode="mean")


def _table(
    recipe: Recipe, tokenizer: Tokenizer, bags: Mapping[str, Source], start: torch.Tensor | None
) -> Table:
    """Rows in given or random directions; frequent pieces start with a small weight (SIF)."""
    pieces = tokenizer.get_vocab_size()
    parts = Bags(_parts(tokenizer) if recipe.compose else [[i] for i in range(pieces)])
    counts = np.ones(pieces)
    for source in bags.values():
        for side in (source.left, source.right):
            counts += np.bincount(side.flat, minlength=pieces)
    weight = recipe.rare / (recipe.rare + counts / counts.sum())
    weight *= np.sqrt(np.diff(parts.starts))  # a mean of n rows is shorter than one row
    dice = torch.Generator().manual_seed(recipe.seed)
    rows = torch.randn(int(parts.flat.max()) + 1, recipe.dimension, generator=dice)
    if start is not None:
        rows[:pieces] = start
    return Table(rows, parts, torch.from_numpy(weight).float())


def _parts(tokenizer: Tokenizer) -> list[list[int]]:
    """For every piece its own row and rows shared with pieces spelt alike (fastText's idea).

    Chinese: the rows of its characters and pairs; others: n-grams of 3 to 5 letters of `<piece>`.
    """
    pieces = tokenizer.get_vocab()
    grams = {piece: _grams(piece) for piece in sorted(pieces, key=pieces.__getitem__)}
    counts = Counter(gram for found in grams.values() for gram in found if gram not in pieces)
    shared = sorted(gram for gram, count in counts.items() if count > 1)
    rows = {**{g: i for i, g in enumerate(shared, start=len(pieces))}, **pieces}
    return [[pieces[p], *(rows[g] for g in found if g in rows)] for p, found in grams.items()]


def _grams(piece: str) -> list[str]:
    word, sizes = (piece, (1, 2)) if is_han(piece) else (f"<{piece}>", (3, 4, 5))
    return sorted({word[i : i + n] for n in sizes for i in range(len(word) - n + 1)} - {word})
