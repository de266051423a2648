"""Text on its way into HTML: the templates, what HTML cannot carry, the language of a text.

The templates in templates/ are the only HTML, and Jinja escapes every value that it puts into them:
an answer, a question and a report are data, whatever they look like.
"""

import unicodedata
from itertools import islice
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

# What HTML would drop or change gets a stand-in of the same length, so that offsets keep.
_STAND_INS: Final = {0x00: "\N{REPLACEMENT CHARACTER}", 0x0C: " ", 0x0D: " "}
_LETTERS_LOOKED_AT: Final = 4000
_CHINESE_SHARE: Final = 0.1  # Chinese prose about technology is full of Latin names

_TEMPLATES: Final = Environment(
    loader=PackageLoader("askreport.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: object) -> str:
    """A template of templates/, every value escaped."""
    return _TEMPLATES.get_template(template).render(**values)


def text_language(text: str) -> str:
    """BCP 47 code by script: "zh", "ja", "ko", "en" for ASCII letters, else "" (unknown)."""
    letters = list(islice(filter(str.isalpha, text), _LETTERS_LOOKED_AT))
    if not letters:
        return ""
    scripts = [unicodedata.name(letter, "").split(" ")[0] for letter in letters]
    if any(script in ("HIRAGANA", "KATAKANA") for script in scripts):
        return "ja"
    if "HANGUL" in scripts:
        return "ko"
    if scripts.count("CJK") >= _CHINESE_SHARE * len(letters):
        return "zh"
    others = [letter for letter, script in zip(letters, scripts, strict=True) if script != "CJK"]
    return "en" if all(letter.isascii() for letter in others) else ""


def clean(text: str) -> str:
    """The text with what HTML or UTF-8 cannot carry replaced, its length unchanged."""
    return text.translate(_STAND_INS).encode("utf-8", "replace").decode("utf-8")
