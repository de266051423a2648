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
PAGE = {"zh": "第 {pages} 页", "en": "page {pages}"}
PAGES = {"zh": "第 {pages} 页", "en": "pages {pages}"}
COMMA = {"zh": "，", "en": ", "}
ENUMERATION = {"zh": "、", "en": ", "}
JOIN = {"zh": "；", "en": "; "}  # between the places of several quotes
OUTLINE = {
    "zh": "报告共 {count} 章：",
    "en": "The report has {count} chapters:",
}
LISTING = {"zh": "报告列出 {count} 项：", "en": "The report lists {count} items:"}
SEPARATOR = {"zh": "", "en": " "}
QUOTED_INSTEAD = {
    "zh": "{reason}下面是报告原文。",
    "en": "{reason} Here is what the report says itself.",
}
TOO_LONG = {
    "zh": "聊天模型的回答太长，到这里为止。",
    "en": "The chat model's answer was too long; it ends here.",
}
DROPPED = {
    "zh": "聊天模型写的 {count} 句话在报告里找不到依据，已略去。",
    "en": "Left out, since the report does not bear it out: {count} of the model's sentences.",
}
# Why a chat model gave no answer that can be shown, and what to do about it.
FAULTS = {
    "zh": {
        "package": "聊天模型 {model} 需要的软件包没有安装，请安装：pip install {detail}。",
        "setup": "聊天模型 {model} 无法启用（{detail}），请检查 llm.model 和密钥变量，如 {key}。",
        "key": "聊天模型 {model} 不接受密钥（HTTP {detail}），请检查密钥变量，如 {key}。",
        "unknown": "服务器上没有聊天模型 {model}（HTTP 404），请检查 llm.model 和 llm.base_url。",
        "busy": "聊天模型 {model} 正忙或额度已用完（HTTP 429），请稍后再试。",
        "server": "聊天模型 {model} 的服务器出错（HTTP {detail}），请稍后再试或查看它的日志。",
        "unreachable": "聊天模型 {model} 的服务器连接不上，请启动它，或检查 llm.base_url。",
        "timeout": "聊天模型 {model} 太慢，请增大 llm.timeout_seconds，或换一个快些的模型。",
        "broken": "聊天模型 {model} 的回答中途断了，请再试一次。",
        "other": "聊天模型 {model} 出错（{detail}）。",
        "empty": "聊天模型 {model} 没有回答。",
        "not_found": "聊天模型 {model} 认为找到的句子里没有答案。",
        "uncited": "聊天模型 {model} 的回答没有注明出处。",
        "unsupported": "聊天模型 {model} 的回答在报告里找不到依据。",
    },
    "en": {
        "package": "Chat model {model} needs a package that is not installed; install it with:"
        " pip install {detail}.",
        "setup": "Chat model {model} cannot be set up ({detail}); check llm.model and the variable"
        " of its key, such as {key}.",
        "key": "Chat model {model} does not accept the key (HTTP {detail}); check the variable of"
        " its key, such as {key}.",
        "unknown": "The server has no chat model {model} (HTTP 404); check llm.model and"
        " llm.base_url.",
        "busy": "Chat model {model} is busy or its quota is used up (HTTP 429); try again later.",
        "server": "The server of chat model {model} failed (HTTP {detail}); try again later or"
        " look at its log.",
        "unreachable": "The server of chat model {model} cannot be reached; start it, or check"
        " llm.base_url.",
        "timeout": "Chat model {model} is too slow; raise llm.timeout_seconds or take a faster"
        " model.",
        "broken": "The answer of chat model {model} broke off; try again.",
        "other": "Chat model {model} failed ({detail}).",
        "empty": "Chat model {model} gave no answer.",
        "not_found": "Chat model {model} sees no answer in the sentences that were found.",
        "uncited": "The answer of chat model {model} cites nothing.",
        "unsupported": "The report bears out nothing that chat model {model} wrote.",
    },
}
STORE_UNREACHABLE = {
    "zh": "存放索引的服务器暂时用不了，这次只按字面查找，没有按意思查找。",
    "en": "The server of the index is out of reach; this was looked up by its words alone.",
}


Place = tuple[str | None, int | None]
"""Chapter and page of a quote; a report may have neither."""


def frame(places: Sequence[Place], language: Language) -> str:
    """What introduces quotes in another language: "... in chapter TOP6, pages 19, 20; page 31:"."""
    pages: dict[str | None, list[str]] = {}
    for chapter, page in places:
        known = pages.setdefault(chapter, [])
        if page is not None and str(page) not in known:
            known.append(str(page))
    named = [_place(chapter, found, language) for chapter, found in pages.items()]
    joined = JOIN[language].join(filter(None, named))
    return FRAME[language].format(places=joined) if joined else FRAME_BARE[language]


def _place(chapter: str | None, pages: Sequence[str], language: Language) -> str:
    parts = [CHAPTER[language].format(label=chapter)] if chapter else []
    if pages:
        words = PAGE if len(pages) == 1 else PAGES
        parts.append(words[language].format(pages=ENUMERATION[language].join(pages)))
    return COMMA[language].join(parts)


def language_of(question: str) -> Language:
    """`zh` where Han characters outnumber Latin words, else `en`."""
    return "zh" if len(_HAN.findall(question)) >= len(_LATIN_WORD.findall(question)) else "en"
