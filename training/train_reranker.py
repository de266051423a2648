"""Train the reranker, which reads a question and a sentence together, and put it beside the model.

    python training/train_reranker.py DATA [--minutes 16]

The body starts as the embedding model in `src/askreport/models/zh-en-mini` and shares its table of
pieces, so it adds 11 MB. It learns on cmrc2018.train to tell the sentence that holds the answer
from the other sentences of the passage and from those that BM25 takes for it, both among these (a
softmax) and by itself (log odds), so that its score also says whether there is an answer at all. In
some questions words are replaced by synonyms, or by English ones, from the dictionary.
"""

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import ElectraModel

from askreport.embedding import BUNDLED_FOLDER, BundledEmbeddings
from askreport.lexical import BM25
from askreport.reranking import Reranker
from askreport.retrieval import standardize
from static_data import glossary, reworded, rows, sentences, synonyms, word_by_word
from transformer_data import hard_negatives
from transformer_folder import save_weights
from transformer_onnx import HEAD, RERANKER_WEIGHTS_FILE, write_reranker_graph
from transformer_student import ATTENTION, WORDS, fast_bfloat16, rounded

SEED = 7
NEIGHBOURS = 3  # wrong sentences of the right passage, in a group
ELSEWHERE = 3  # wrong sentences that BM25 finds in any passage
GLOSSED = 0.2  # share of the questions in English words
REWORDED = 0.3  # share of the questions with synonyms
REPLACED = 0.6  # share of their words
QUESTIONS = 16  # groups in a step
LONGEST = 96  # pieces of question and sentence
HARD_STEPS = 0.1  # share, the last ones: weights as they will be stored
BODY_RATE, HEAD_RATE = 1e-4, 1e-3
WARM_UP = 0.05
ALONE_WEIGHT = 0.5  # of the log odds beside the softmax
JUDGED = 12  # best sentences of a trial question that are put in order

console = Console()


class Group(NamedTuple):
    """A question, a sentence that answers it, and sentences that do not."""

    question: str
    right: str
    near: tuple[str, ...]
    far: tuple[str, ...]


class Rewording:
    """Says some questions in other words."""

    def __init__(self, glosses: dict[str, list[str]], chance: random.Random) -> None:
        self._glosses = glosses
        self._same = synonyms(glosses)
        self._chance = chance

    def __call__(self, question: str) -> str:
        dice = self._chance.random()
        if dice < GLOSSED:
            return word_by_word(question, self._glosses, self._chance)
        if dice < GLOSSED + REWORDED:
            return reworded(question, self._same, REPLACED, self._chance)
        return question


class Scorer(torch.nn.Module):
    """The body with a linear head on the mean over all pieces."""

    def __init__(self, body: ElectraModel) -> None:
        super().__init__()
        self.body = body
        self.head = torch.nn.Linear(body.config.hidden_size, 1)

    def forward(self, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Log odds of every text, shape (n,)."""
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            found = self.body(input_ids=ids, attention_mask=real).last_hidden_state
        weights = real[..., None].float()
        mean = (found.float() * weights).sum(1) / weights.sum(1)
        scores: torch.Tensor = self.head(mean).squeeze(-1)
        return scores


def train(
    data: Annotated[Path, typer.Argument(help="Folder of the training sets.")],
    folder: Annotated[Path, typer.Option(help="The finished embedding model.")] = BUNDLED_FOLDER,
    minutes: Annotated[float, typer.Option(help="Minutes of training steps.")] = 16,
    most: Annotated[int | None, typer.Option(help="Questions, for trying out.")] = None,
    threads: Annotated[int, typer.Option(help="Processor cores.")] = 2,
) -> None:
    """Train the reranker on DATA, write it into the model's folder, measure it on trial."""
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    body = ElectraModel.from_pretrained(folder, dtype=torch.float32, attn_implementation=ATTENTION)
    scorer = Scorer(body)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding(pad_id=body.config.pad_token_id)
    fit(scorer, tokenizer, groups(data, most), glossary(data), minutes)
    kept = {name: p for name, p in scorer.body.named_parameters() if name != WORDS}
    kept |= {f"{HEAD}.{name}": p for name, p in scorer.head.named_parameters()}
    save_weights(kept, folder / RERANKER_WEIGHTS_FILE)
    write_reranker_graph(folder)
    measure(data, folder)


def groups(data: Path, most: int | None) -> list[Group]:
    """The questions whose passage has a sentence with the answer, each with wrong sentences."""
    asked = list(rows(data, "cmrc2018.train"))[:most]
    cut = {row["passage_id"]: sentences(row["passage"]) for row in asked}
    pool = [sentence for found in cut.values() for sentence in found]
    answers = [[answer for answer in row["answers"] if answer] for row in asked]
    hard = hard_negatives([row["question"] for row in asked], answers, pool)
    made = []
    for row, accepted, places in zip(asked, answers, hard, strict=True):
        held = [any(a in s for a in accepted) for s in cut[row["passage_id"]]]
        if any(held):
            here = list(zip(cut[row["passage_id"]], held, strict=True))
            right = next(s for s, holds in here if holds)
            near = tuple(s for s, holds in here if not holds)
            far = tuple(pool[i] for i in places if i >= 0 and pool[i] not in near)
            made.append(Group(row["question"], right, near, far))
    return made


def fit(
    scorer: Scorer,
    tokenizer: Tokenizer,
    found: Sequence[Group],
    glosses: dict[str, list[str]],
    minutes: float,
) -> None:
    """Train in place, the table of pieces excepted."""
    chance = random.Random(SEED)
    say = Rewording(glosses, chance)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in scorer.body.named_parameters() if n != WORDS]},
            {"params": scorer.head.parameters()},
        ],
        fused=True,
    )
    scorer.body.get_input_embeddings().requires_grad_(False)
    scorer.train()
    started, step, losses = time.monotonic(), 0, [0.0, 0.0]
    order: list[Group] = []
    while (done := (time.monotonic() - started) / (60 * minutes)) < 1:
        scale = min(1.0, done / WARM_UP) * (1 - done)
        for group, rate in zip(optimizer.param_groups, (BODY_RATE, HEAD_RATE), strict=True):
            group["lr"] = rate * scale
        if len(order) < QUESTIONS:
            order = chance.sample(list(found), len(found))
        chosen = [order.pop() for _ in range(QUESTIONS)]
        if done < 1 - HARD_STEPS:
            loss = _loss(scorer, tokenizer, chosen, say, chance)
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            with rounded(scorer):
                loss = _loss(scorer, tokenizer, chosen, say, chance)
                loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(scorer.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        losses = [losses[0] + loss.item(), losses[1] + 1]
        if step % 50 == 0:
            console.print(f"step {step}, {done:.0%} done, loss {losses[0] / losses[1]:.3f}")
            losses = [0.0, 0.0]
    scorer.eval()


def _loss(
    scorer: Scorer,
    tokenizer: Tokenizer,
    chosen: Sequence[Group],
    say: Rewording,
    chance: random.Random,
) -> torch.Tensor:
    pairs: list[tuple[str, str]] = []
    starts = []
    for group in chosen:
        question = say(group.question)
        near = chance.sample(group.near, min(NEIGHBOURS, len(group.near)))
        far = chance.sample(group.far, min(ELSEWHERE, len(group.far)))
        starts.append(len(pairs))
        pairs += [(question, sentence) for sentence in (group.right, *near, *far)]
    encoded = tokenizer.encode_batch(pairs)
    ids = torch.tensor([e.ids for e in encoded])
    scores = scorer(ids, torch.tensor([e.attention_mask for e in encoded]))
    wanted = torch.zeros(len(pairs))
    wanted[starts] = 1
    alone = functional.binary_cross_entropy_with_logits(scores, wanted)
    among = torch.stack(
        [functional.log_softmax(part, dim=0)[0] for part in torch.tensor_split(scores, starts[1:])]
    )
    return ALONE_WEIGHT * alone - among.mean()


def measure(data: Path, folder: Path) -> None:
    """Print how often a right sentence of trial comes first, by search alone and reranked."""
    asked = list(rows(data, "cmrc2018.trial"))
    passages = {row["passage_id"]: row["passage"] for row in asked}
    pool = [(name, s) for name, text in passages.items() for s in sentences(text)]
    embed, bm25 = BundledEmbeddings(folder), BM25.build([s for _, s in pool])
    vectors = embed.embed_array([s for _, s in pool])
    cosines = embed.embed_array([row["question"] for row in asked]) @ vectors.T
    reranker = Reranker(folder)
    hits: dict[str, list[bool]] = {"search": [], "reranked": []}
    best_scores: list[float] = []
    for row, cosine in zip(track(asked, description="trial"), cosines, strict=True):
        plain = standardize(cosine) + standardize(bm25.scores(row["question"]))
        best = np.argsort(-plain, kind="stable")[:JUDGED]
        scores = reranker.scores(row["question"], [pool[i][1] for i in best])
        order = {"search": best[0], "reranked": best[scores.argmax()]}
        best_scores.append(float(scores.max()))
        for name, place in order.items():
            hits[name].append(_is_right(row, *pool[place]))
    for name, found in hits.items():
        console.print(f"a right sentence first, {name}: {np.mean(found):.3f}")


def _is_right(row: dict[str, Any], passage: str, sentence: str) -> bool:
    return passage == row["passage_id"] and any(a in sentence for a in row["answers"] if a)


if __name__ == "__main__":
    typer.run(train)
