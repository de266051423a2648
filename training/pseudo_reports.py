"""Reports made of passages, to learn from on the code path of the product.

Passages are grouped by subject, so that a question meets passages that are near its own. Half of a
group is indexed: questions on that half are answerable, questions on the other half are not; then
the halves change places. From each indexed passage the sentences that answer one of its questions
are left out, so that the report speaks of what that question is about and does not answer it. Some
questions come from elsewhere, on subjects that the report never mentions.

The passages are those of cmrc2018.trial, and some in English that were written for this. To the
set's own questions, whose askers had the passage before them, come those of `written.py`: in the
asker's own words, in the other language, and some which their passage leaves open.

The train set is of no use: the models were trained on it, so that its questions look easier than
any that they have not seen.
"""

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.progress import track
from sklearn.cluster import KMeans

from askreport import index
from askreport.answering.phrases import Language, language_of
from askreport.chunking import split_passages
from askreport.config import BUNDLED, PASSAGE_CHARS
from askreport.embedding import BundledEmbeddings
from askreport.reading import report_from_paragraphs
from askreport.retrieval import Searcher
from static_data import rows
from written import english_passages, numbered_sentences, written

GROUP_PASSAGES = 85  # of which half are indexed
SMALLEST_GROUP = 8
ELSEWHERE = 60  # questions to a report that are on other subjects
SMALLEST_PASSAGE_CHARS = 60  # that may be left of a passage
SEED = 0

Wording = Literal["plain", "own", "foreign"]
Kind = Literal["answerable", "near", "far", "elsewhere"]
_WORDINGS: dict[str, Wording] = {
    "plain": "plain",
    "own": "own",
    "english": "foreign",
    "chinese": "foreign",
    "silent": "plain",
    "silent-english": "foreign",
    "silent-chinese": "foreign",
}


@dataclass(frozen=True)
class Asked:
    """A question to a report.

    `about` is the passage that it was written on. `answers` are words or whole sentences that
    answer; `passage` is where they stand, by position in the report. Both are meaningless unless
    the question is answerable.
    """

    about: str
    question: str
    wording: Wording
    kind: Kind
    answers: tuple[str, ...]
    passage: int

    def answered_by(self, sentence: str) -> bool:
        """Whether a sentence of the right passage is or holds an answer, or is a part of one."""
        return any(answer in sentence or sentence in answer for answer in self.answers)


@dataclass(frozen=True)
class PseudoReport:
    """An open index with the questions that it answers and those that it does not."""

    language: Language
    searcher: Searcher
    asked: tuple[Asked, ...]


class Question(NamedTuple):
    """A question on a passage; without answers where the passage is silent."""

    text: str
    wording: Wording
    answers: tuple[str, ...]


def pseudo_reports(data: Path) -> Iterator[PseudoReport]:
    """Two pseudo-reports per group of passages; open until the next is taken."""
    found = list(rows(data, "cmrc2018.trial"))
    chinese = {row["passage_id"]: numbered_sentences(row["passage"]) for row in found}
    english = {key: [f"{one} " for one in sentences] for key, sentences in english_passages()}
    passages = chinese | english  # by their sentences
    questions = _questions(found, passages)
    embeddings = BundledEmbeddings()
    rng = random.Random(SEED)
    groups = [*_groups(chinese, embeddings), *_groups(english, embeddings)]
    for group in track(groups, description="pseudo-reports"):
        rng.shuffle(group)
        others = sorted(passages.keys() - set(group))
        for kept in (group[::2], group[1::2]):
            left, asked = [], []
            for place, key in enumerate(kept):
                text, kinds = _passage(passages[key], questions[key], rng)
                left.append(text)
                asked += [
                    Asked(key, one.text, one.wording, kind, one.answers, place)
                    for one, kind in zip(questions[key], kinds, strict=True)
                ]
            for key in sorted(set(group) - set(kept)):
                asked += _unanswered(key, questions[key], "far")
            for key in rng.sample(others, min(len(others), ELSEWHERE)):
                asked += _unanswered(key, [rng.choice(questions[key])], "elsewhere")
            with tempfile.TemporaryDirectory() as folder:
                opened = _index(left, embeddings, Path(folder))
                language = language_of("".join(left))
                yield PseudoReport(language, Searcher(opened, embeddings), tuple(asked))


def _unanswered(about: str, questions: Sequence[Question], kind: Kind) -> list[Asked]:
    return [Asked(about, one.text, one.wording, kind, (), -1) for one in questions if one.answers]


def _questions(
    found: Sequence[dict[str, Any]], passages: Mapping[str, Sequence[str]]
) -> dict[str, list[Question]]:
    """All questions by passage: those of the set first."""
    asked: dict[str, list[Question]] = {key: [] for key in passages}
    for row in found:
        if row["question"].strip():
            asked[row["passage_id"]].append(Question(row["question"], "plain", _answers(row)))
    for one in (*written("trial"), *written("english")):
        answers = tuple(passages[one.passage][number].strip() for number in one.sentences)
        asked[one.passage].append(Question(one.question, _WORDINGS[one.kind], answers))
    return asked


def _passage(
    sentences: Sequence[str], questions: Sequence[Question], rng: random.Random
) -> tuple[str, list[Kind]]:
    """The passage without the answers of one question, and of what kind each question is then."""
    silenced = rng.choice([question for question in questions if question.answers])
    left = "".join(one for one in sentences if not any(a in one for a in silenced.answers))
    if len(left) < SMALLEST_PASSAGE_CHARS:
        left = "".join(sentences)
    return left, ["answerable" if any(a in left for a in q.answers) else "near" for q in questions]


def _groups(
    passages: Mapping[str, Sequence[str]], embeddings: BundledEmbeddings
) -> list[list[str]]:
    keys = sorted(passages)
    vectors = embeddings.embed_array(["".join(passages[key]) for key in keys])
    clusters = max(1, len(keys) // GROUP_PASSAGES)
    labels = KMeans(clusters, n_init=2, random_state=SEED).fit_predict(vectors)
    groups: list[list[str]] = [[] for _ in range(clusters)]
    for key, label in zip(keys, labels, strict=True):
        groups[label].append(key)
    return [group for group in groups if len(group) >= SMALLEST_GROUP]


def _index(texts: list[str], embeddings: BundledEmbeddings, folder: Path) -> index.Index:
    report = report_from_paragraphs("pseudo", texts)
    recipe = index.Recipe(BUNDLED, embeddings.digest, embeddings.dimension, PASSAGE_CHARS)
    index.build(folder, [report], [split_passages(report, PASSAGE_CHARS)], embeddings, recipe)
    return index.open_index(folder, recipe)


def _answers(row: dict[str, Any]) -> tuple[str, ...]:
    answers = (a if isinstance(a, str) else a["text"] for a in row["answers"])
    return tuple(" ".join(answer.split()) for answer in answers if answer.strip())
