"""The few sentences that are ours in an answer, in the language of the question."""

import re
from typing import Literal

Language = Literal["zh", "en"]

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")

REFUSAL = {
    "zh": "报告里没有找到这个问题的答案。",
    "en": "The report does not seem to answer this question.",
}
FRAME = {"zh": "报告原文：", "en": "The report says:"}
OUTLINE = {
    "zh": "报告共 {count} 章：",
    "en": "The report has {count} chapters:",
}
SEPARATOR = {"zh": "", "en": " "}
WRITER_FAILED = {
    "zh": "聊天模型不可用（{reason}），下面是报告原文。",
    "en": "The chat model was not available ({reason}); here is what the report says itself.",
}
STORE_UNREACHABLE = {
    "zh": "存放索引的服务器暂时用不了，这次只按字面查找，没有按意思查找。",
    "en": "The server of the index is out of reach; this was looked up by its words alone.",
}


def language_of(question: str) -> Language:
    """`zh` where Han characters outnumber Latin words, else `en`."""
    return "zh" if len(_HAN.findall(question)) >= len(_LATIN_WORD.findall(question)) else "en"
