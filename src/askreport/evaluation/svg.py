"""SVG that stands inside a page: its ink is the page's own, nothing in it reaches outside.

Matplotlib draws with stand-ins of plain ASCII, which are exchanged for the real words afterwards:
so any script works without its font here, and no text is read as a formula.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Element = ElementTree.Element

INK = "#010203"  # becomes currentColor; a colour that nothing else has
_ALONE = """svg { font-family: sans-serif }
@media (prefers-color-scheme: dark) { svg { color: #e6e4df } }"""
_FONT = "'DejaVu Sans', sans-serif"
_XMLNS = "http://www.w3.org/2000/svg"
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so measures are the same anywhere
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "legend.frameon": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
}
_lock = threading.Lock()  # matplotlib's settings belong to the whole process


class Labels:
    """Stand-ins for the words of one figure."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """ASCII of about the width of `text`."""
        stand_in = f"{len(self.texts):03}".ljust(sum(map(_columns, text)), "n")
        self.texts[stand_in] = text
        return stand_in


@contextmanager
def drawing(width: float, height: float) -> "Iterator[Figure]":
    """An empty figure of `width` x `height` inches in our look, for one thread at a time."""
    import matplotlib
    from matplotlib.figure import Figure

    with _lock, matplotlib.rc_context(_STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: "Figure", name: str, title: str, labels: Labels) -> str:
    """The figure as an `<svg>` element; the same figure gives the same bytes.

    `name` keeps the ids of several figures on one page apart; `title` is for those who cannot see
    it. To be called within `drawing`.
    """
    import matplotlib

    output = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(output, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(output.getvalue())  # noqa: S314  (matplotlib's, not a stranger's)
    for unwanted in ("metadata", "defs"):  # who made it; a style that would reach the whole page
        for element in root.findall(f"{{{_XMLNS}}}{unwanted}"):
            if not len(element) or element[0].tag.endswith(("RDF", "style")):
                root.remove(element)
    for element in root.iter():
        _adapt(element, labels)
    _frame(root, title)
    return ElementTree.tostring(root, encoding="unicode")


def shortened(text: str, columns: int) -> str:
    """`text` cut to `columns` columns, of which a Chinese character takes two."""
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used > columns:
            return text[: max(0, position - 1)] + "…"
    return text


def element(tag: str, text: str = "", **attributes: str | float) -> Element:
    """An element; `_` in the name of an attribute stands for `-`."""
    made = Element(tag, {name.replace("_", "-"): f"{it}" for name, it in attributes.items()})
    made.text = text or None
    return made


def picture(width: float, height: float, title: str, parts: Iterable[Element]) -> str:
    """An `<svg>` of the parts, scaled to the width that it is given."""
    root = element("svg", viewBox=f"0 0 {width:g} {height:g}")
    root.extend(parts)
    _frame(root, title)
    return ElementTree.tostring(root, encoding="unicode")


def standalone(svg: str) -> str:
    """An `<svg>` element as a file of its own, legible on light and on dark."""
    root = ElementTree.fromstring(svg)  # noqa: S314  (ours)
    for part in root.iter():
        part.tag = part.tag.rpartition("}")[2]
    root.set("xmlns", _XMLNS)
    root.insert(0, element("style", _ALONE))
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _columns(character: str) -> int:
    return 2 if east_asian_width(character) in "WF" else 1


def _adapt(one: Element, labels: Labels) -> None:
    """Plain tags, no ids that nobody refers to, the page's ink and font, the real words."""
    one.tag = one.tag.rpartition("}")[2]
    one.tail = None
    if one.tag == "g":
        one.attrib.pop("id", None)
    for name in [name for name in one.attrib if name.startswith("{")]:
        one.set(name.rpartition("}")[2], one.attrib.pop(name))
    if "style" in one.attrib:
        style = one.attrib["style"].replace(INK, "currentColor").replace(_FONT, "inherit")
        one.set("style", style)
    text = (one.text or "").strip()
    one.text = labels.texts.get(text, text) or None


def _frame(root: Element, title: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("xmlns", _XMLNS)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("class", "figure")
