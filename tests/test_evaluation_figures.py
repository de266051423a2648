"""Pictures are SVG that stands inside a page: same bytes, no outside, any script, page's ink."""

import re
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from askreport.evaluation.figures import figures
from askreport.evaluation.svg import INK, element, picture, shortened, standalone
from askreport.evaluation.wording import CHINESE, ENGLISH
from tests.evaluation_help import result, row

ROWS = (
    row("a", "类型$x^2$<b>", found=(1, 4), confidence=0.9, scores={"R@5": 1.0, "accuracy": 0.0}),
    row("b", "fact", found=(None,), confidence=0.4, latency_ms=30.0, scores={"R@5": 0.0}),
    row("c", "none", confidence=0.1, refused=True, scores={"refused_right": 1.0}),
)
RESULT = result(*ROWS, **{"R@5": 0.5, "accuracy": 0.5, "refused_right": 1.0})


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return figures(RESULT, CHINESE, RESULT)


def test_all_pictures_are_there_and_well_formed(drawn: dict[str, str]) -> None:
    assert list(drawn) == ["recall", "types", "refusal", "latency", "calibration"]
    for name, svg in drawn.items():
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label") == CHINESE.figures[name]
        assert root.get("role") == "img"


def test_the_same_result_gives_the_same_bytes(drawn: dict[str, str]) -> None:
    assert figures(RESULT, CHINESE, RESULT) == drawn


def test_words_of_any_script_stand_as_text(drawn: dict[str, str]) -> None:
    assert CHINESE.axes["k"] in drawn["recall"]
    assert "类型$x^2$&lt;b&gt;" in drawn["types"]
    assert ENGLISH.axes["k"] in figures(RESULT, ENGLISH)["recall"]


def test_ids_differ_between_pictures_and_the_page_is_left_alone(drawn: dict[str, str]) -> None:
    ids = [name for svg in drawn.values() for name in re.findall(r' id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))
    whole = "".join(drawn.values())
    for unwanted in ("<style", "<metadata", "<!DOCTYPE", INK, "DejaVu", 'href="http'):
        assert unwanted not in whole
    assert "currentColor" in whole


def test_a_result_without_questions_has_no_pictures() -> None:
    assert figures(result()) == {}


def test_settings_of_matplotlib_are_left_as_they_were(drawn: dict[str, str]) -> None:
    assert mpl.rcParams["svg.hashsalt"] is None
    assert mpl.rcParams["svg.fonttype"] == "path"


def test_a_picture_of_our_own_escapes_its_text() -> None:
    svg = picture(10, 5, "a < b", [element("text", "<script>", font_size=3)])
    assert 'viewBox="0 0 10 5"' in svg
    assert "&lt;script&gt;" in svg
    assert 'font-size="3"' in svg
    assert "prefers-color-scheme" in standalone(svg)
    ElementTree.fromstring(standalone(svg))


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("报告书", 6, "报告书"),
        ("报告书", 5, "报…"),
        ("", 0, ""),
    ],
)
def test_shortened(text: str, columns: int, expected: str) -> None:
    assert shortened(text, columns) == expected
