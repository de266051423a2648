"""The parts of training/ that can go wrong silently; nothing is trained here."""

import json
import random
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
import static_data
import static_tokenizer
import written


def test_character_map_reads_traditional_as_simplified_and_leaves_the_rest() -> None:
    table = static_tokenizer.character_map({"後": "后", "發": "发", "𡞵": "㛟", "同": "同"})
    read = normalizers.Precompiled(table).normalize_str
    assert read("後來發現，𡞵 A1 同") == "后來发現，㛟 A1 同"


@given(
    st.dictionaries(
        st.characters(min_codepoint=0x80, exclude_categories=["Cs", "M"]),
        st.characters(min_codepoint=0x20, exclude_categories=["Cs"]),
        max_size=60,
    )
)
def test_character_map_holds_every_character_it_was_given(mapping: dict[str, str]) -> None:
    read = normalizers.Precompiled(static_tokenizer.character_map(mapping)).normalize_str
    assert {c: read(c) for c in mapping} == mapping


def test_long_chinese_pieces_and_the_least_likely_are_dropped() -> None:
    vocabulary = [("[UNK]", 0.0), ("人", -3.0), ("人工智能技术", -1.0), ("ai", -2.0), ("螫", -9.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0))
    kept = static_tokenizer.keep_likeliest(tokenizer, 3)
    assert json.loads(kept.to_str())["model"]["vocab"] == [
        ["[UNK]", 0.0],
        ["ai", -2.0],
        ["人", -3.0],
    ]


def test_word_by_word_takes_the_longest_word_and_keeps_what_it_does_not_know() -> None:
    glosses = {"量子": ["quantum"], "量子计算": ["quantum computing"], "快": ["fast"]}
    read = static_data.word_by_word("量子计算很快 RISC", glosses, random.Random(0))
    assert read.split() == ["quantum", "computing", "很", "fast", "RISC"]


def test_sentences_end_at_marks_and_lines() -> None:
    assert static_data.sentences("第一句话。短。\n没有句号的一行\n", shortest=4) == [
        "第一句话。",
        "没有句号的一行",
    ]


def test_every_written_question_names_its_sentences_or_is_silent() -> None:
    english = dict(written.english_passages())
    for name in ("train", "trial", "english"):
        for one in written.written(name):
            assert one.question.strip()
            assert one.kind.startswith("silent") != bool(one.sentences)
            if name == "english":
                assert max(one.sentences, default=0) < len(english[one.passage])


@given(st.text(alphabet="芯片。！？ \n；a!?", max_size=60))
def test_the_sentences_of_a_passage_are_the_passage(passage: str) -> None:
    parts = written.sentences_in_place(passage)
    assert "".join(parts) == passage
    assert [part.strip() for part in parts] == written.numbered_sentences(passage)
