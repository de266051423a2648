"""The training: first the vocabulary, then all, at last with the weights as they will be stored.

A step is of one source. Distilled texts shall land where the teacher puts their meaning (cosine,
and in-batch contrast; Reimers and Gurevych 2020); contrasted texts shall find their partner among
those of the batch and the hard wrong ones (InfoNCE). A second, short run goes on with the questions
that were written for the training (`written.py`) among the rest; there a sentence is also read in
its passage (late chunking; Günther et al. 2024, arXiv:2409.04701). What step n reads depends on the
seed and n alone, so a run that was cut off goes on where its checkpoint is.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch.nn import functional
from transformers import ElectraModel

from transformer_data import Answered, Contrasted, Distilled, Source
from transformer_student import WORDS, embed, padded, pooled, read, rounded
from transformer_tokenizer import Marks

_QUESTIONS_OF_A_PASSAGE = 6  # in one step


class Share(NamedTuple):
    """How often a source is learned from, how many texts at once, and how much of the chance is
    left at the end: what is soon learned by heart fades."""

    chance: float
    batch: int
    left: float = 1.0

    def now(self, done: float) -> float:
        """The chance when `done`, 0 to 1, of the run is behind."""
        return self.chance * (1 - (1 - self.left) * done)


MIX: dict[str, Share] = {
    "parallel": Share(0.48, 128),
    "english": Share(0.10, 128),
    "word": Share(0.12, 512),
    "meaning": Share(0.06, 256),
    "question-sentence": Share(0.12, 64, left=0.2),
    "question-passage": Share(0.05, 16, left=0.2),
    "glossed question": Share(0.04, 64, left=0.5),
    "heading": Share(0.05, 48),
    "neighbour": Share(0.04, 64),
}

REFINING_MIX: dict[str, Share] = {
    "parallel": Share(0.26, 128),
    "english": Share(0.05, 128),
    "word": Share(0.05, 512),
    "meaning": Share(0.03, 256),
    "question-sentence": Share(0.05, 64),
    "written-sentence": Share(0.18, 64),
    "written-passage": Share(0.29, 12),
    "heading": Share(0.05, 48),
    "neighbour": Share(0.04, 64),
}


@dataclass(frozen=True)
class Recipe:
    """What a run is made of; printed on the model card."""

    seed: int = 7
    layers: int = 6
    steps: int = 8_000
    vocabulary_share: float = 0.2  # of the steps: only the vocabulary learns
    rounded_share: float = 0.08  # of the steps, the last ones: weights as they will be stored
    strict_share: float = 0.5  # of the steps: sure translations come first, then ever more
    vocabulary_rate: float = 2e-3
    body_rate: float = 1e-4
    warm_up_steps: int = 50
    lowest_rate: float = 0.02  # share of the rate that is left at the end
    temperature: float = 0.05
    cosine_weight: float = 4.0
    contrast_weight: float = 0.5  # beside the cosine; pairs without a teacher weigh 1
    weight_decay: float = 0.01  # of the body
    largest_gradient: float = 5.0
    mix: Mapping[str, Share] = field(default_factory=lambda: dict(MIX))


REFINING = Recipe(
    seed=8,
    steps=3_000,
    vocabulary_share=0.0,
    rounded_share=0.2,
    vocabulary_rate=5e-4,
    body_rate=5e-5,
    mix=REFINING_MIX,
)


@dataclass
class Clock:
    """How far a run is; goes into the checkpoint."""

    step: int = 0
    seconds: float = 0.0

    def done(self, recipe: Recipe, minutes: float) -> float:
        """0 to 1, by steps or by time, whichever is further."""
        return max(self.step / recipe.steps, self.seconds / (60 * minutes))


def fit(
    student: ElectraModel,
    sources: Mapping[str, Source],
    recipe: Recipe,
    marks: Marks,
    checkpoint: Path,
    minutes: float,
    save_every_seconds: float = 300.0,
) -> Clock:
    """Train in place, from the checkpoint if there is one."""
    optimizer = _optimizer(student, recipe)
    clock = _load(checkpoint, student, optimizer, recipe)
    student.train()
    saved, losses = clock.seconds, dict.fromkeys(recipe.mix, float("nan"))
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=1.0)
        while (done := clock.done(recipe, minutes)) < 1:
            started = time.monotonic()
            name, loss = _step(student, optimizer, sources, recipe, marks, clock, done)
            losses[name] = loss if losses[name] != losses[name] else 0.9 * losses[name] + 0.1 * loss
            clock.step += 1
            clock.seconds += time.monotonic() - started
            progress.update(bar, completed=done, description=_line(clock, losses))
            if clock.step % 100 == 0 or clock.step == 1:
                progress.console.print(_line(clock, losses))
            if clock.seconds - saved > save_every_seconds:
                _save(checkpoint, student, optimizer, recipe, clock)
                saved = clock.seconds
    _save(checkpoint, student, optimizer, recipe, clock)
    student.eval()  # type: ignore[no-untyped-call]
    return clock


def _line(clock: Clock, losses: Mapping[str, float]) -> str:
    shown = "  ".join(f"{name} {loss:.2f}" for name, loss in losses.items() if loss == loss)
    return f"step {clock.step}, {clock.seconds / max(1, clock.step):.2f} s each: {shown}"


def _optimizer(student: ElectraModel, recipe: Recipe) -> torch.optim.AdamW:
    words = [p for name, p in student.named_parameters() if name == WORDS]
    body = [p for name, p in student.named_parameters() if name != WORDS]
    groups: list[dict[str, Any]] = [{"params": words, "weight_decay": 0.0}, {"params": body}]
    return torch.optim.AdamW(groups, lr=0.0, weight_decay=recipe.weight_decay, fused=True)


def _step(
    student: ElectraModel,
    optimizer: torch.optim.AdamW,
    sources: Mapping[str, Source],
    recipe: Recipe,
    marks: Marks,
    clock: Clock,
    done: float,
) -> tuple[str, float]:
    """One source, one batch, one update."""
    chance = np.random.default_rng([recipe.seed, clock.step])
    only_words = done < recipe.vocabulary_share
    for parameter in optimizer.param_groups[1]["params"]:
        parameter.requires_grad_(not only_words)
    scale = min(1.0, (clock.step + 1) / recipe.warm_up_steps) * max(recipe.lowest_rate, 1 - done)
    for group, rate in zip(
        optimizer.param_groups, (recipe.vocabulary_rate, recipe.body_rate), strict=True
    ):
        group["lr"] = rate * scale
    shares = np.array([share.now(done) for share in recipe.mix.values()])
    name = str(chance.choice(list(recipe.mix), p=shares / shares.sum()))
    optimizer.zero_grad()
    if done < 1 - recipe.rounded_share:
        loss = _loss(student, sources[name], name, recipe, marks, chance, done)
        loss.backward()  # type: ignore[no-untyped-call]
    else:
        with rounded(student):
            loss = _loss(student, sources[name], name, recipe, marks, chance, done)
            loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(student.parameters(), recipe.largest_gradient)
    optimizer.step()
    return name, loss.item()


def _loss(
    student: ElectraModel,
    source: Source,
    name: str,
    recipe: Recipe,
    marks: Marks,
    chance: np.random.Generator,
    done: float,
) -> torch.Tensor:
    strict = source.strict if isinstance(source, Distilled) else 1.0
    open_share = strict + (1 - strict) * min(1.0, done / recipe.strict_share)
    chosen = draw(source.sizes, recipe.mix[name].batch, open_share, chance)
    if isinstance(source, Distilled):
        return _distil(student, source, chosen, recipe, marks)
    if isinstance(source, Answered):
        return _answer(student, source, chosen, recipe, marks, chance)
    return _contrast(student, source, chosen, recipe, marks, chance)


def draw(
    sizes: NDArray[np.int64], batch: int, open_share: float, chance: np.random.Generator
) -> NDArray[np.int64]:
    """Places of `batch` texts of like size, so that little padding is computed, out of the first
    `open_share` of all."""
    room = max(1, int(len(sizes) * open_share))
    some = chance.integers(0, room, batch * 8)
    some = some[np.argsort(sizes[some], kind="stable")]
    at = int(chance.integers(0, 8)) * batch
    return np.unique(some[at : at + batch])


def _distil(
    student: ElectraModel,
    source: Distilled,
    chosen: NDArray[np.int64],
    recipe: Recipe,
    marks: Marks,
) -> torch.Tensor:
    found = embed(student, padded([_text(source.texts, i) for i in chosen], marks), marks.padding)
    wanted = torch.from_numpy(source.targets[chosen].astype(np.float32))
    likeness = found @ wanted.T
    same = (wanted @ wanted.T > 0.999).fill_diagonal_(False)
    scores = (likeness / recipe.temperature).masked_fill(same, -torch.inf)
    contrast = functional.cross_entropy(scores, torch.arange(len(chosen)))
    cosine = 1 - likeness.diagonal().mean()
    return recipe.cosine_weight * cosine + recipe.contrast_weight * contrast


def _contrast(
    student: ElectraModel,
    source: Contrasted,
    chosen: NDArray[np.int64],
    recipe: Recipe,
    marks: Marks,
    chance: np.random.Generator,
) -> torch.Tensor:
    """Each text finds its partner among all partners and hard wrong ones; and back."""
    right = source.right[chosen]
    pool = np.concatenate([right, _hard(source, chosen, chance)])
    texts = [_text(source.texts, i) for i in chosen]
    left = embed(student, padded(texts, marks), marks.padding)
    found = embed(student, padded([_text(source.pool, i) for i in pool], marks), marks.padding)
    groups = torch.from_numpy(source.groups[pool])
    same = groups[: len(right), None] == groups[None, :]
    same[:, : len(right)].fill_diagonal_(False)
    scores = (left @ found.T / recipe.temperature).masked_fill(same, -torch.inf)
    places = torch.arange(len(right))
    there = functional.cross_entropy(scores, places)
    back = functional.cross_entropy(scores[:, : len(right)].T, places)
    return (there + back) / 2


def _answer(
    student: ElectraModel,
    source: Answered,
    chosen: NDArray[np.int64],
    recipe: Recipe,
    marks: Marks,
    chance: np.random.Generator,
) -> torch.Tensor:
    """Each question finds its sentences, read in their passages, among all sentences of the
    passages; and its passage among these."""
    ids = padded([_text(source.passages, i) for i in chosen], marks)
    states = read(student, ids, marks.padding)
    passages = pooled(states, ids != marks.padding)
    parts = [_text(source.parts, i) for i in chosen]
    firsts = np.cumsum([0, *(int(part.max()) + 1 for part in parts)])
    owner = torch.full(ids.shape, int(firsts[-1]))  # marks and padding belong to one sentence more
    for row, part, first in zip(owner, parts, firsts, strict=False):
        row[1 : len(part) + 1] = torch.from_numpy(part.astype(np.int64)) + first
    sums = states.new_zeros(int(firsts[-1]) + 1, states.shape[-1])
    sums = sums.index_add(0, owner.flatten(), states.flatten(0, 1))
    sentences = functional.normalize(sums[:-1], dim=-1)
    questions, homes, right = [], [], []
    for home, place in enumerate(chosen):
        own = np.arange(source.starts[place], source.starts[place + 1])
        for number in chance.permutation(own)[:_QUESTIONS_OF_A_PASSAGE]:
            questions.append(_text(source.questions, number))
            homes.append(home)
            right.append([int(firsts[home]) + part for part in source.right[number]])
    if not questions:
        return states.sum() * 0.0
    asked = embed(student, padded(questions, marks), marks.padding)
    wrong = torch.ones(len(questions), len(sentences), dtype=torch.bool)
    for row, places in zip(wrong, right, strict=True):
        row[places] = False
    scores = asked @ sentences.T / recipe.temperature
    missed = scores.logsumexp(1) - scores.masked_fill(wrong, -torch.inf).logsumexp(1)
    elsewhere = functional.cross_entropy(
        asked @ passages.T / recipe.temperature, torch.tensor(homes)
    )
    return missed.mean() + elsewhere


def _hard(
    source: Contrasted, chosen: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.int64]:
    """One hard wrong answer for each question that has any."""
    if source.hard is None:
        return np.empty(0, np.int64)
    column = chance.integers(0, source.hard.shape[1], len(chosen))
    picked = source.hard[chosen, column]
    return picked[picked >= 0]


def _text(bags: Any, place: int) -> NDArray[np.int32]:
    found: NDArray[np.int32] = bags.flat[bags.starts[place] : bags.starts[place + 1]]
    return found


def _save(
    path: Path,
    student: ElectraModel,
    optimizer: torch.optim.AdamW,
    recipe: Recipe,
    clock: Clock,
) -> None:
    """Whole or not at all: written beside, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    state = {
        "student": student.state_dict(),
        "optimizer": optimizer.state_dict(),
        "recipe": repr(asdict(recipe)),
        "clock": asdict(clock),
    }
    torch.save(state, beside)
    beside.replace(path)


def _load(path: Path, student: ElectraModel, optimizer: torch.optim.AdamW, recipe: Recipe) -> Clock:
    if not path.exists():
        return Clock()
    state = torch.load(path, weights_only=True)
    if state["recipe"] != repr(asdict(recipe)):
        raise ValueError(
            f"{path} is of another recipe: {state['recipe']}; delete it, or give another --work."
        )
    student.load_state_dict(state["student"])
    optimizer.load_state_dict(state["optimizer"])
    return Clock(**state["clock"])
