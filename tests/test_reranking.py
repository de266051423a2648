"""The reranker that comes with the package, and the batches that its texts go through in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from askreport.onnx import BATCH_PIECES, batches
from askreport.reranking import Reranker

_RERANKER = Reranker()


def test_the_sentence_that_answers_scores_highest() -> None:
    scores = _RERANKER.scores(
        "长江有多长？",
        ["长江是中国最长的河流。", "长江全长约六千三百公里。", "昨天下了一场大雨。"],
    )
    assert scores.shape == (3,)
    assert scores.argmax() == 1
    assert scores.argmin() == 2


def test_no_sentences_have_no_scores() -> None:
    assert _RERANKER.scores("谁？", []).shape == (0,)


def test_a_sentence_of_any_length_is_read() -> None:
    assert np.isfinite(_RERANKER.scores("问" * 2000, ["答" * 5000, "", "😀"])).all()


@given(st.lists(st.integers(1, 2 * BATCH_PIECES), max_size=60))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int]) -> None:
    made = list(batches(np.array(lengths, dtype=np.int64)))
    assert sorted(position for batch in made for position in batch) == list(range(len(lengths)))
    for batch in made:
        longest = max(lengths[position] for position in batch)
        assert len(batch) == 1 or len(batch) * longest <= BATCH_PIECES
