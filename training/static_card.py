"""The model card: data and licences, recipe, figures, limits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

_TEMPLATE = Path(__file__).with_name("static_card.md")


def model_card(
    tokenizer: Tokenizer,
    recipe: Mapping[str, Any],
    figures: Mapping[str, float],
    digests: Mapping[str, str],
    versions: Mapping[str, str],
) -> str:
    """The text of the model folder's README.md."""
    values = {
        "PIECES": f"{tokenizer.get_vocab_size():,}",
        "DIMENSION": str(recipe["dimension"]),
        "RECIPE": json.dumps(recipe, indent=2),
        "FIGURES": "\n".join(f"| {name} | {value:.3f} |" for name, value in figures.items()),
        "DIGESTS": "\n".join(f"{digest}  {name}" for name, digest in digests.items()),
        "VERSIONS": ", ".join(f"{name} {number}" for name, number in versions.items()),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text
