"""The model card: data and licences, recipe, figures, limits."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TEMPLATE = Path(__file__).with_name("transformer_card.md")
_STATIC_TEMPLATE = Path(__file__).with_name("static_card.md")  # it lists the same sets


def model_card(
    pieces: int,
    layers: int,
    runs: Mapping[str, Any],
    figures: Mapping[str, float],
    digests: Mapping[str, str],
    versions: Mapping[str, str],
) -> str:
    """The text of the model folder's README.md; `runs` tells recipes and how far each went."""
    static = _STATIC_TEMPLATE.read_text(encoding="utf-8")
    values = {
        "PIECES": f"{pieces:,}",
        "LAYERS": str(layers),
        "RECIPE": json.dumps(runs, indent=2),
        "FIGURES": "\n".join(f"| {name} | {value:.3f} |" for name, value in figures.items()),
        "DIGESTS": "\n".join(f"{digest}  {name}" for name, digest in digests.items()),
        "VERSIONS": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "SETS": static[static.index("| set | rows |") :].strip(),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text
