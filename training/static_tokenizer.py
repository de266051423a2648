"""The vocabulary of the static model: a unigram tokenizer over Chinese and English.

Everything a reader of the model needs is inside `tokenizer.json`: NFKC, traditional to simplified
characters, lower case, then runs of Chinese characters, words of other scripts, numbers and the
marks `%`, `+`, `#` (of 50%, C++, C#). Other marks and white space are dropped, so they never weigh
on a mean.
"""

import json
import struct
from collections.abc import Iterable, Mapping

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "[UNK]"
_RUNS = r"\p{Han}+|(?:(?!\p{Han})[\p{L}\p{M}])+|\p{N}+|[%+#]"
_LONGEST_HAN = 5  # longer Chinese pieces are too rare to learn a meaning from
_LONGEST_PIECE = 16
_SPARE = 1.25  # pieces trained per piece kept: long Chinese ones and rare characters are dropped


def train_tokenizer(texts: Iterable[str], pieces: int, simplified: Mapping[str, str]) -> Tokenizer:
    """A tokenizer of at most `pieces` pieces, the likeliest ones; id 0 is the unknown piece.

    `simplified` maps single characters to what they are read as.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Precompiled(character_map(simplified)),
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_RUNS), behavior="removed", invert=True)
    trainer = trainers.UnigramTrainer(
        vocab_size=int(pieces * _SPARE),
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        max_piece_length=_LONGEST_PIECE,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return keep_likeliest(tokenizer, pieces)


def is_han(piece: str) -> bool:
    """Whether the piece is of Chinese characters; pieces never mix them with anything else."""
    return "\u3400" <= piece[0] <= "\u9fff" or piece[0] >= "\U00020000"


def keep_likeliest(tokenizer: Tokenizer, pieces: int) -> Tokenizer:
    """Without long Chinese pieces and the least likely ones, mostly characters hardly ever seen."""
    state = json.loads(tokenizer.to_str())
    unknown, *rest = state["model"]["vocab"]
    kept = [(p, score) for p, score in rest if not (is_han(p) and len(p) > _LONGEST_HAN)]
    kept.sort(key=lambda item: (-item[1], item[0]))
    state["model"]["vocab"] = [unknown, *kept[: pieces - 1]]
    state["model"]["unk_id"] = 0
    state["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def character_map(mapping: Mapping[str, str]) -> bytes:
    """SentencePiece's compiled normalisation table: a double-array trie, then the replacements.

    Layout: little-endian u32 size of the trie in bytes, its u32 units (Darts-clone: label in bits
    0-7, bit 8 set if a key ends below, offset to the children from bit 10; a leaf holds its value
    with bit 31 set), then every replacement in UTF-8, each ended by a zero byte. A value is an
    offset into these.
    """
    replacements = bytearray()
    trie: dict[int, object] = {}
    for source, target in sorted(mapping.items()):
        if source == target:
            continue
        node = trie
        for byte in source.encode():
            node = node.setdefault(byte, {})  # type: ignore[assignment]
        node[0] = len(replacements)
        replacements += target.encode() + b"\0"
    units = _double_array(trie)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(replacements)


def _double_array(trie: Mapping[int, object]) -> list[int]:
    """Place every node so that child = (node XOR offset) XOR label; a base serves one node only."""
    units: dict[int, int] = {0: 0}
    bases: set[int] = set()
    waiting: list[tuple[int, Mapping[int, object]]] = [(0, trie)]
    first = 1
    while waiting:
        position, children = waiting.pop()
        base = first
        while base in bases or any(base ^ label in units for label in children):
            base += 1
        if len(children) > 1:
            first = base
        bases.add(base)
        units[position] |= (position ^ base) << 10 | (0x100 if 0 in children else 0)
        for label, child in children.items():
            units[base ^ label] = 0x80000000 | child if isinstance(child, int) else label
        waiting += [(base ^ b, c) for b, c in children.items() if isinstance(c, Mapping)]
    return [units.get(i, 0) for i in range((max(units) | 0xFF) + 1)]
