"""Lexical search: BM25 over Chinese 1- and 2-grams, stems of Latin words, and numbers.

English tokenizers see a Chinese sentence as one word and find nothing. Here every run of characters
of a script without spaces gives its characters and its neighbouring pairs, after NFKC and lower
case:

    "the H100 芯片" -> h100, h, 100, 芯, 片, 芯片

so a misspelt character costs two tokens, not the word. Latin words lose their English endings
(Porter's second stemmer), so `invested` finds `investing`. The scoring is that of the bm25s library
(Lù 2024, arXiv:2407.03618): sparse, eager, saved as NumPy arrays.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import bm25s

K1 = 1.2  # saturation of term frequency: passages are short, so repetition says little
B = 0.5  # length normalisation: passages are of one length; .75 measured worse on cmrc2018.trial

# English words that say how a sentence is built and not what it is about.
_STOP_WORD = re.compile(
    "a|about|an|and|any|are|as|at|be|been|but|by|can|could|did|do|does|for|from|had|has|have|how|if"
    "|in|into|is|it|its|may|not|of|on|or|so|such|than|that|the|their|them|then|there|these|they"
    "|this|those|to|was|we|were|what|when|where|which|who|whom|whose|why|will|with|would|you|your"
)
_UNSPACED = (
    r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[.,][0-9]+)*")
_LETTERS_OR_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W0-9_]+")


def tokenize(text: str) -> list[str]:
    """Tokens of `text` in order, repeated as often as they occur. Linear in its length."""
    return list(_tokens(unicodedata.normalize("NFKC", text).lower()))


def _tokens(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        if is_unspaced(run[0]):
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
            continue
        word = run.replace(",", "")
        if is_stop_word(word):
            continue
        yield stem(word)
        parts = _LETTERS_OR_DIGITS.findall(word)
        if len(parts) > 1:
            yield from parts


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """An English word, in lower case, without its endings: investing, invested -> invest."""
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def is_stop_word(word: str) -> bool:
    """Whether an English word, in lower case, says nothing of what a text is about."""
    return _STOP_WORD.fullmatch(word) is not None


def is_unspaced(character: str) -> bool:
    """Whether `character` belongs to a script that is written without spaces (Han, kana,
    hangul)."""
    return _IS_UNSPACED.match(character) is not None


_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


class BM25:
    """A BM25 index over a fixed list of texts; positions are those of the list."""

    def __init__(self, scorer: "bm25s.BM25 | None", size: int) -> None:
        self._scorer = scorer  # None where no text held a token
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> "BM25":
        """Index `texts`."""
        import bm25s

        documents = [tokenize(text) for text in texts]
        if not any(documents):
            return cls(None, len(documents))
        scorer = bm25s.BM25(k1=K1, b=B, method="lucene")
        scorer.index(_token_ids(documents), show_progress=False)
        return cls(scorer, len(documents))

    def scores(self, query: str) -> NDArray[np.float32]:
        """BM25 score of every text, shape (n,); 0 where no token is shared."""
        tokens = sorted(set(tokenize(query)))
        known = [token for token in tokens if self.knows(token)]
        if self._scorer is None or not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._scorer.get_scores(known), dtype=np.float32)

    def structured_scores(self, units: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Score of every text, shape (n,), for a query whose units may each be said in other words.

        A text holds a unit if it holds all tokens of one of its alternatives; single characters of
        longer words do not count as tokens. A unit weighs as a token does that as many texts hold.
        """
        scores = np.zeros(self._size, dtype=np.float32)
        for alternatives in units:
            held = np.zeros(self._size, dtype=np.float32)
            for alternative in alternatives:
                np.maximum(held, self._saturation(alternative), out=held)
            scores += self._idf(int(np.count_nonzero(held))) * held
        return scores

    def _saturation(self, text: str) -> NDArray[np.float32]:
        """What BM25 makes of term frequency and length, 0 to 1, where all tokens of `text` are."""
        tokens = set(tokenize(text))
        tokens = {t for t in tokens if len(t) > 1 or not is_unspaced(t)} or tokens
        least = np.zeros(self._size, dtype=np.float32)
        if self._scorer is None or not tokens or not all(map(self.knows, tokens)):
            return least
        least[:] = np.inf
        matrix = self._scorer.scores
        for token in tokens:
            number = self._scorer.vocab_dict[token]
            part = slice(matrix["indptr"][number], matrix["indptr"][number + 1])
            row = np.zeros(self._size, dtype=np.float32)
            row[matrix["indices"][part]] = matrix["data"][part] / self.weight(token)
            np.minimum(least, row, out=least)
        return least

    def knows(self, token: str) -> bool:
        """Whether some text holds `token`, in the form that `tokenize` gives."""
        return self._scorer is not None and token in self._scorer.vocab_dict

    def coverage(self, query: str, scores: NDArray[np.float32]) -> float:
        """Share, 0 to 1, of the query's weight that the best of `scores` reached.

        The whole weight is the BM25 score of a text of mean length that holds every token of the
        query once; a token that no text holds has the weight of the rarest.
        """
        tokens = set(tokenize(query))
        if self._scorer is None or not tokens:
            return 0.0
        whole = sum(map(self.weight, tokens)) / (1 + K1)
        return min(1.0, float(scores.max()) / whole)

    def weight(self, token: str) -> float:
        """Inverse document frequency of a token; that of the rarest for one that no text holds."""
        if self._scorer is None:
            return 0.0
        number = self._scorer.vocab_dict.get(token)
        starts = self._scorer.scores["indptr"]
        holding = 0 if number is None else int(starts[number + 1] - starts[number])
        return self._idf(holding)

    def _idf(self, holding: int) -> float:
        return math.log(1 + (self._size - holding + 0.5) / (holding + 0.5))

    def save(self, folder: Path) -> None:
        """Write the index into `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "size").write_text(str(self._size))
        if self._scorer is not None:
            self._scorer.save(folder / "bm25", show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> "BM25":
        """Read an index that `save` wrote."""
        size = int((folder / "size").read_text())
        if not (folder / "bm25").exists():
            return cls(None, size)
        import bm25s

        return cls(bm25s.BM25.load(folder / "bm25", load_vocab=True), size)


def _token_ids(documents: Sequence[Sequence[str]]) -> tuple[list[list[int]], dict[str, int]]:
    """Documents as token ids with a vocabulary in order of first use (the same in every
    process)."""
    vocabulary: dict[str, int] = {}
    ids = [
        [vocabulary.setdefault(token, len(vocabulary)) for token in document]
        for document in documents
    ]
    return ids, vocabulary
