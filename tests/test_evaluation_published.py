"""Our place in a published table: recognition by content, ranks by hand."""

from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest
from rich.console import Console

from askreport.evaluation import published
from askreport.evaluation.benchmark import BenchmarkResult, content_digest
from askreport.evaluation.published import standings, standings_svg, standings_tables

KEY = next(iter(published._FILES))


def result(**ndcg: float) -> BenchmarkResult:
    metrics = {name: {"nDCG@10": value, "R@1": value - 0.1} for name, value in ndcg.items()}
    return BenchmarkResult(KEY[0], KEY[1], metrics, {}, KEY[2])


def test_the_data_are_whole() -> None:
    source, models = published._read("xquad_zh_published.csv")
    assert "embeddings-benchmark/results" in source
    assert "f4cc6c8b" in source
    assert len(models) == 136
    assert models[0].name == "infly/inf-retriever-v1"
    assert (models[0].ndcg, models[0].r_at_1) == (0.97819, 0.9492)
    assert all(0 <= model.ndcg <= 1 for model in models)


def test_lines_and_ranks() -> None:
    found = standings(result(dense=0.5, lexical=0.97, hybrid=0.999))
    assert found is not None
    ours = [(line.rank, line.name) for line in found.lines if line.is_ours]
    # 0.97 beats the third model (0.96970) and not the second (0.97155)
    assert ours[:2] == [(1, "askreport (hybrid)"), (3, "askreport (lexical)")]
    scores = [line.ndcg for line in found.lines]
    assert scores == sorted(scores, reverse=True)
    names = [line.name for line in found.lines]
    assert "mteb/baseline-bm25s" in names
    assert len(names) == len(set(names)) < 30


def test_five_above_and_five_below() -> None:
    found = standings(result(hybrid=0.3))
    assert found is not None
    place = next(n for n, line in enumerate(found.lines) if line.is_ours)
    rank = found.lines[place].rank
    above, below = found.lines[place - 5 : place], found.lines[place + 1 : place + 6]
    assert [line.rank for line in above] == list(range(rank - 5, rank))
    assert [line.rank for line in below] == list(range(rank, rank + 5))


@pytest.mark.parametrize("change", [{"passages": 241}, {"questions": 1189}, {"digest": "0" * 64}])
def test_another_benchmark_has_no_table(change: dict) -> None:
    assert standings(replace(result(hybrid=0.9), **change)) is None
    assert standings(result()) is None


def test_the_digest_looks_at_content_only() -> None:
    digest = content_digest(["甲 乙", "丙"], ["问"])
    assert digest == content_digest(["丙", "甲乙\n"], ["问"])
    assert digest != content_digest(["丙", "问"], ["甲乙"])
    assert digest != content_digest(["丙", "甲乙"], [])


def test_printed_and_drawn() -> None:
    found = standings(result(hybrid=0.9))
    assert found is not None
    output = StringIO()
    Console(file=output, width=120).print(*standings_tables(found))
    assert "askreport (hybrid)" in output.getvalue()
    assert "Among 136 published models" in output.getvalue()
    svg = standings_svg(found)
    ElementTree.fromstring(svg)
    assert "→ " in svg
    assert svg == standings_svg(found)
