"""The batches that texts go through the bundled model in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from askreport.onnx import BATCH_PIECES, batches


@given(st.lists(st.integers(1, 2 * BATCH_PIECES), max_size=60))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int]) -> None:
    made = list(batches(np.array(lengths, dtype=np.int64)))
    assert sorted(position for batch in made for position in batch) == list(range(len(lengths)))
    for batch in made:
        longest = max(lengths[position] for position in batch)
        assert len(batch) == 1 or len(batch) * longest <= BATCH_PIECES
