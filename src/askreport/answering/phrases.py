"""The few sentences that are ours in an answer, in the language of the question."""

import re
from collections.abc import Sequence
from typing import Literal

Language = Literal["zh", "en"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")

REFUSAL = {
    "zh": "报告里没有找到这个问题的答案。",
    "en": "The report does not seem to answer this question.",
}
FRAME = {"zh": "报告原文（{places}）：", "en": "The report says, in {places}:"}
FRAME_BARE = {"zh": "报告原文：", "en": "The report says:"}
CHAPTER = {"zh": "{label}", "en": "chapter {label}"}
PAGE = {"zh": "第 {page} 页", "en": "page {page}"}
JOIN = {"zh": "；", "en": "; "}  # between the places of several quotes
OUTLINE = {
    "zh": "报告共 {count} 章：",
    "en": "The report has {count} chapters:",
}
LISTING = {"zh": "报告列出 {count} 项：", "en": "The report lists {count} items:"}
SEPARATOR = {"zh": "", "en": " "}
WRITER_FAILED = {
    "zh": "聊天模型不可用（{reason}），下面是报告原文。",
    "en": "The chat model was not available ({reason}); here is what the report says itself.",
}


def place(chapter: str | None, page: int | None, language: Language) -> str:
    """Where a quote stands: "chapter TOP6, page 19"; empty where the report has neither."""
    parts = [CHAPTER[language].format(label=chapter)] if chapter else []
    if page is not None:
        parts.append(PAGE[language].format(page=page))
    return ("，" if language == "zh" else ", ").join(parts)


def frame(places: Sequence[str], language: Language) -> str:
    """What introduces quotes that are in another language than the question."""
    named = JOIN[language].join(dict.fromkeys(filter(None, places)))
    return FRAME[language].format(places=named) if named else FRAME_BARE[language]


def language_of(question: str) -> Language:
    """`zh` where Han characters outnumber Latin words, else `en`."""
    return "zh" if len(_HAN.findall(question)) >= len(_LATIN_WORD.findall(question)) else "en"
