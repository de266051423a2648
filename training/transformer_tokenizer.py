"""The vocabulary of the transformer, made from that of the static model.

The same cut (NFKC, simplified, lower case, no marks), other pieces: words that the dictionary knows
are pieces of their own where the sets use them, and only the most used pieces are kept, since each
costs `hidden` bytes. One round of counting takes a minute; the static model's pieces took ten.
"""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple, Self

from tokenizers import Tokenizer, processors

from static_tokenizer import UNKNOWN, is_han

PADDING, START, END = "[PAD]", "[CLS]", "[SEP]"
SPECIAL = (PADDING, START, END)

_LONGEST_WORD = 4  # characters; longer dictionary words are mostly phrases
_SEEN_OFTEN = 20  # uses before a dictionary word becomes a piece
_BATCH = 2_000


class Marks(NamedTuple):
    """The ids of the special pieces."""

    padding: int
    start: int
    end: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """Those of a tokenizer that `make_tokenizer` made."""
        ids = tokenizer.get_vocab()
        return cls(*(ids[name] for name in SPECIAL))


def dictionary_words(texts: Iterable[str], words: Collection[str]) -> Counter[str]:
    """How often the texts use each word of the dictionary, longest words first."""
    known = {word for word in words if 2 <= len(word) <= _LONGEST_WORD and is_han(word)}
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_longest_words(text, known))
    return counts


def _longest_words(text: str, known: Collection[str]) -> Iterator[str]:
    at = 0
    while at < len(text):
        size = next((n for n in range(_LONGEST_WORD, 1, -1) if text[at : at + n] in known), 1)
        if size > 1:
            yield text[at : at + size]
        at += size


def make_tokenizer(
    base: Tokenizer, texts: list[str], words: Collection[str], size: int, longest: int
) -> Tokenizer:
    """A unigram tokenizer of at most `size` ids, special ones included, cut at `longest` pieces.

    `base` is the static model's tokenizer, `words` the dictionary. Single characters of `texts`
    come first, then the pieces that `texts` use most; the unknown piece has id 0.
    """
    scores = dict(_pieces(base))
    least = math.log(1 / sum(len(text) for text in texts))
    counts = dictionary_words(texts, words)
    total = sum(counts.values()) or 1
    for word, count in counts.items():
        if count >= _SEEN_OFTEN:
            scores.setdefault(word, math.log(count / total))
    uses = _uses(_with_pieces(base, scores), texts)
    room = size - len(SPECIAL) - 1
    kept = sorted(scores.keys() & uses.keys(), key=lambda p: (len(p) > 1, -uses[p], p))[:room]
    whole = sum(uses[piece] for piece in kept) or 1
    fresh = {piece: max(least, math.log(uses[piece] / whole)) for piece in kept}
    tokenizer = _with_pieces(base, dict(sorted(fresh.items(), key=lambda i: (-i[1], i[0]))))
    tokenizer.add_special_tokens(list(SPECIAL))
    ends = [(name, tokenizer.token_to_id(name)) for name in (START, END)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", pair=f"{START} $A {END} $B {END}", special_tokens=ends
    )
    tokenizer.enable_truncation(longest)
    return tokenizer


def _state(tokenizer: Tokenizer) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(tokenizer.to_str())
    return state


def _pieces(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    return [(p, s) for p, s in _state(tokenizer)["model"]["vocab"] if p != UNKNOWN]


def _with_pieces(base: Tokenizer, scores: dict[str, float]) -> Tokenizer:
    """`base` with other pieces; ids follow the order of `scores`, the unknown piece is 0."""
    state = _state(base)
    state["model"]["vocab"] = [[UNKNOWN, 0.0], *([p, s] for p, s in scores.items())]
    state["model"]["unk_id"] = 0
    state["added_tokens"] = []
    state["post_processor"] = state["padding"] = state["truncation"] = None
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def _uses(tokenizer: Tokenizer, texts: list[str]) -> Counter[str]:
    """How often each piece occurs, and once more each single character that could be needed."""
    ids: Counter[int] = Counter()
    for at in range(0, len(texts), _BATCH):
        batch = texts[at : at + _BATCH]
        found = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        ids.update(chain.from_iterable(e.ids for e in found))
    pieces = {i: piece for piece, i in tokenizer.get_vocab().items()}
    uses = Counter({pieces[i]: n for i, n in ids.items() if i})
    single = Counter({c: 1 for c in set(chain.from_iterable(uses)) if tokenizer.token_to_id(c)})
    return uses + single
