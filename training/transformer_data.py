"""What the transformer learns from: targets of the teacher, and pairs with hard wrong answers.

Texts are kept as piece ids. Wrong answers that look right are found by our own BM25: sentences or
passages that share the question's words and do not hold its answer.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from askreport.lexical import BM25
from static_data import Pair, glossary, rows, sentences, word_by_word
from static_model import Bags, Encoder
from transformer_teacher import Teacher
from written import Written, numbered_sentences, passages_of, sentences_in_place, written

Likeness = Callable[[list[str], list[str]], NDArray[np.float32]]
"""Two lists of equal length -> how alike the texts of each pair are, higher is more."""

HARD = 4  # wrong answers kept for each question

_READ = 30  # best by BM25, of which those are taken that do not hold the answer
_SURE = 0.5  # share of the translations that training begins with
_MISALIGNED = 0.03  # share of the translations that is left out, the least sure
_MOST_OF_A_SET = 25_000  # translations; more of one manual would teach its phrases
_EVERYDAY = {"tatoeba_anki": 3}  # how often a set is read: the one that is not technical
_CHINESE_CHARS = (4, 90)
_ENGLISH_CHARS = (8, 260)
_BATCH = 2_000


@dataclass(frozen=True)
class Longest:
    """Pieces of a text that are read in training, by kind of text."""

    sentence: int = 62
    section: int = 96
    passage: int = 254
    context: int = 382


class Distilled:
    """Texts and the teacher's vectors of what they mean, surest first.

    `strict` is the share of the texts whose meaning is sure; training begins with these.
    """

    def __init__(self, texts: Bags, targets: NDArray[np.float16], strict: float = 1.0) -> None:
        self.texts = texts
        self.targets = targets
        self.strict = strict
        self.sizes = np.diff(texts.starts)


class Contrasted:
    """Texts, each with the one of a pool that belongs to it.

    `right`, shape (texts,), are places in the pool; `groups`, shape (pool,), numbers within which
    members may not be told apart; `hard`, shape (texts, HARD), places in the pool, -1 for none.
    """

    def __init__(
        self,
        texts: Bags,
        pool: Bags,
        right: NDArray[np.int64],
        groups: NDArray[np.int64],
        hard: NDArray[np.int64] | None = None,
    ) -> None:
        self.texts = texts
        self.pool = pool
        self.right = right
        self.groups = groups
        self.hard = hard
        self.sizes = np.diff(pool.starts)[right]


class Answered:
    """Passages with the questions that they answer.

    `parts` says of every piece of a passage which of its sentences it belongs to. The questions of
    passage `i` are those from `starts[i]` to `starts[i + 1]`; `right` holds, for each, the numbers
    of the sentences that answer.
    """

    def __init__(
        self,
        passages: Bags,
        parts: Bags,
        questions: Bags,
        starts: NDArray[np.int64],
        right: Sequence[Sequence[int]],
    ) -> None:
        self.passages = passages
        self.parts = parts
        self.questions = questions
        self.starts = starts
        self.right = right
        self.sizes = np.diff(passages.starts)


Source = Distilled | Contrasted | Answered


def numbered(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> Bags:
    """Piece ids of every text, without special ones."""
    found: list[NDArray[np.int32]] = []
    for at in range(0, len(texts), _BATCH):
        batch = tokenizer.encode_batch_fast(texts[at : at + _BATCH], add_special_tokens=False)
        found += [np.array(e.ids[:longest], np.int32) for e in batch]
    return Bags(found)


def base_sources(
    data: Path,
    tokenizer: Tokenizer,
    teacher: Teacher,
    likeness: Likeness,
    most: int | None,
    seed: int,
) -> dict[str, Source]:
    """The sources of the sets by name; `most` rows of each, or all."""
    chance = random.Random(seed)
    glosses = glossary(data)
    read = Longest()
    made: dict[str, Source] = dict(
        _distilled(data, glosses, tokenizer, teacher, most, likeness, chance)
    )
    asked = list(rows(data, "cmrc2018.train"))[:most]
    made["question-sentence"] = _questions(asked, tokenizer, read.sentence, _sentence_pool(asked))
    made["question-passage"] = _questions(asked, tokenizer, read.passage, _passage_pool(asked))
    glossed = [{**r, "question": word_by_word(r["question"], glosses, chance)} for r in asked]
    pool = _sentence_pool(asked)
    made["glossed question"] = _questions(glossed, tokenizer, read.sentence, pool, hard=False)
    headings = [
        Pair(r["heading"], r["section"], r["heading"]) for r in rows(data, "headings.train")
    ]
    made["heading"] = _pairs(headings[:most], tokenizer, read.section)
    prose = list(_neighbours(r["text"] for r in rows(data, "prose.train")))
    chosen = chance.sample(prose, min(len(prose), most or 100_000))
    made["neighbour"] = _pairs(chosen, tokenizer, read.sentence)
    return made


def written_sources(data: Path, tokenizer: Tokenizer) -> dict[str, Source]:
    """Written questions, with their sentence alone and with sentences as their passage makes them
    understood."""
    asked: dict[str, list[Written]] = {}
    for one in written("train"):
        if one.sentences:
            asked.setdefault(one.passage, []).append(one)
    texts = passages_of(data, asked)
    return {
        "written-sentence": _with_sentences(texts, asked, tokenizer),
        "written-passage": _in_context(texts, asked, tokenizer),
    }


def _with_sentences(
    texts: Mapping[str, str], asked: Mapping[str, Sequence[Written]], tokenizer: Tokenizer
) -> Contrasted:
    """Questions with the first sentence that answers; the wrong ones are others of its passage."""
    chance = random.Random(0)
    pool: list[str] = []
    questions: list[str] = []
    right: list[int] = []
    hard: list[list[int]] = []
    for name, own in asked.items():
        cut = numbered_sentences(texts[name])
        for one in own:
            wrong = [number for number in range(len(cut)) if number not in one.sentences]
            drawn = [len(pool) + n for n in chance.sample(wrong, min(HARD, len(wrong)))]
            questions.append(one.question)
            right.append(len(pool) + one.sentences[0])
            hard.append(drawn + [-1] * (HARD - len(drawn)))
        pool += cut
    longest = Longest().sentence
    return Contrasted(
        numbered(tokenizer, questions, longest),
        numbered(tokenizer, pool, longest),
        np.array(right, np.int64),
        np.arange(len(pool)),
        np.array(hard, np.int64),
    )


def _in_context(
    texts: Mapping[str, str], asked: Mapping[str, Sequence[Written]], tokenizer: Tokenizer
) -> Answered:
    passages: list[NDArray[np.int32]] = []
    parts: list[NDArray[np.int32]] = []
    questions: list[str] = []
    right: list[Sequence[int]] = []
    starts = [0]
    for name, own in asked.items():
        encoded = tokenizer.encode(texts[name], add_special_tokens=False)
        begins = np.array([begin for begin, _ in encoded.offsets[: Longest().context]])
        ends = np.cumsum([len(sentence) for sentence in sentences_in_place(texts[name])])
        part = np.searchsorted(ends, begins, side="right").astype(np.int32)
        passages.append(np.array(encoded.ids[: Longest().context], np.int32))
        parts.append(part)
        there = [one for one in own if set(one.sentences) <= set(part.tolist())]
        questions += [one.question for one in there]
        right += [one.sentences for one in there]
        starts.append(len(questions))
    return Answered(
        Bags(passages),
        Bags(parts),
        numbered(tokenizer, questions, Longest().sentence),
        np.array(starts, np.int64),
        right,
    )


def _distilled(
    data: Path,
    glosses: Mapping[str, list[str]],
    tokenizer: Tokenizer,
    teacher: Teacher,
    most: int | None,
    likeness: Likeness,
    chance: random.Random,
) -> Iterator[tuple[str, Distilled]]:
    pairs = parallel_pairs(rows(data, "parallel.train"), most, likeness, chance)
    longest = Longest().sentence
    english = sorted({en for _, en in pairs})  # read once each, however often it is learned from
    vectors = dict(zip(english, teacher.vectors(english, "translations"), strict=True))
    targets = np.stack([vectors[en] for _, en in pairs])
    for name, side in (("parallel", 0), ("english", 1)):
        texts = numbered(tokenizer, [pair[side] for pair in pairs], longest)
        yield name, Distilled(texts, targets, _SURE if name == "parallel" else 1.0)
    words = [(word, "; ".join(found)) for word, found in glosses.items() if len(word) > 1][:most]
    targets = teacher.vectors([meaning for _, meaning in words], "words")
    for name, side in (("word", 0), ("meaning", 1)):
        yield name, Distilled(numbered(tokenizer, [word[side] for word in words], longest), targets)


def parallel_pairs(
    found: Iterable[Mapping[str, Any]], most: int | None, likeness: Likeness, chance: random.Random
) -> list[tuple[str, str]]:
    """Chinese-English pairs of ordinary length, surest first, without the least sure.

    The sets give no score of their own (theirs is null throughout), so the order is by `likeness`.
    """
    sets: dict[str, list[tuple[str, str]]] = {}
    for row in found:
        if (
            _CHINESE_CHARS[0] <= len(row["zh"]) <= _CHINESE_CHARS[1]
            and _ENGLISH_CHARS[0] <= len(row["en"]) <= _ENGLISH_CHARS[1]
        ):
            sets.setdefault(row["set"], []).append((row["zh"], row["en"]))
    usable: list[tuple[str, str]] = []
    for name, pairs in sets.items():
        chance.shuffle(pairs)
        usable += pairs[:_MOST_OF_A_SET] * _EVERYDAY.get(name, 1)
    chance.shuffle(usable)
    usable = usable[:most]
    scores = likeness([zh for zh, _ in usable], [en for _, en in usable])
    surest = np.argsort(-scores, kind="stable")
    return [usable[i] for i in surest[: math.ceil(len(usable) * (1 - _MISALIGNED))]]


def static_likeness(folder: Path) -> Likeness:
    """Cosines by the static model in `folder`, which reads all pairs in half a minute."""
    weights = load_file(folder / "model.safetensors")
    table = torch.from_numpy(weights["embeddings"] * weights["weights"][:, None])
    encode = Encoder(Tokenizer.from_file(str(folder / "tokenizer.json")), table)
    return lambda left, right: (encode(left) * encode(right)).sum(1)


def hard_negatives(
    questions: Sequence[str], answers: Sequence[Sequence[str]], pool: Sequence[str]
) -> NDArray[np.int64]:
    """(questions, HARD) places in the pool, best by BM25 first; -1 where too few are found.

    What holds one of the answers is no wrong answer.
    """
    index = BM25.build(pool)
    hard = np.full((len(questions), HARD), -1, dtype=np.int64)
    read = min(_READ, len(pool))
    for row, question, accepted in zip(
        track(hard, description="wrong answers"), questions, answers, strict=True
    ):
        scores = index.scores(question)
        best = np.argpartition(-scores, read - 1)[:read]
        best = best[np.argsort(-scores[best], kind="stable")]
        wrong = [i for i in best if scores[i] > 0 and not any(a in pool[i] for a in accepted)]
        row[: len(wrong[:HARD])] = wrong[:HARD]
    return hard


def _questions(
    asked: Sequence[Mapping[str, Any]],
    tokenizer: Tokenizer,
    longest: int,
    pool: Sequence[tuple[str, str]],
    hard: bool = True,
) -> Contrasted:
    """Questions and what answers them: the first of the pool, of their passage, with the answer.

    The pool holds (passage, text); questions that nothing there answers are left out.
    """
    places: dict[str, list[int]] = {}
    for place, (passage, _) in enumerate(pool):
        places.setdefault(passage, []).append(place)
    kept: list[Mapping[str, Any]] = []
    right: list[int] = []
    for row in asked:
        accepted = [answer for answer in row["answers"] if answer]
        holding = [i for i in places[row["passage_id"]] if any(a in pool[i][1] for a in accepted)]
        if holding:
            kept.append(row)
            right.append(holding[0])
    questions = [row["question"] for row in kept]
    texts = [text for _, text in pool]
    return Contrasted(
        numbered(tokenizer, questions, Longest().sentence),
        numbered(tokenizer, texts, longest),
        np.array(right, np.int64),
        np.arange(len(pool)),
        hard_negatives(questions, [row["answers"] for row in kept], texts) if hard else None,
    )


def _sentence_pool(asked: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(name, s) for name, passage in _passage_pool(asked) for s in sentences(passage)]


def _passage_pool(asked: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return list({row["passage_id"]: row["passage"] for row in asked}.items())


def _pairs(pairs: Sequence[Pair], tokenizer: Tokenizer, longest: int) -> Contrasted:
    numbers: dict[str, int] = {}
    groups = [numbers.setdefault(pair.group, len(numbers)) for pair in pairs]
    return Contrasted(
        numbered(tokenizer, [pair.left for pair in pairs], longest),
        numbered(tokenizer, [pair.right for pair in pairs], longest),
        np.arange(len(pairs)),
        np.array(groups, np.int64),
    )


def _neighbours(paragraphs: Iterable[str]) -> Iterator[Pair]:
    for number, paragraph in enumerate(paragraphs):
        for one, two in pairwise(sentences(paragraph, shortest=10)):
            yield Pair(one, two, str(number))
