"""Questions for the n-th of the report: "那第二名呢？", "What is the third trend?"."""

import re

_NUMERALS = "一二三四五六七八九十"
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_CHINESE = re.compile(
    r"^(?:那么?|还有|然后|请问|报告[里中]?的?|排名?|排在|列?在)*"
    rf"第 ?([0-9]{{1,2}}|[{_NUMERALS}]{{1,3}}) ?"
    r"(?:名|位|章|大?趋势|[个项条]趋势|[大个项条](?=[是呢？?]|$))"
    r"(?:的?(?:趋势|内容|主题|标题))?(?:主要|具体)?"
    r"(?:是|讲|说|谈|写|叫|介绍)*了?的?(?:些?什么|哪个|啥|谁)*[呢？?。]*$"
)
_ENGLISH = re.compile(
    r"^(?:and |so |then )?(?:what(?:'s| is| about| does)|how about|tell me about)? ?(?:the )?"
    rf"(?:({'|'.join(_ORDINALS)}|[0-9]{{1,2}}(?:st|nd|rd|th))"
    r"(?: (?:trend|chapter|one|place|item|topic))?"
    r"|(?:number|trend|chapter|no\.?|#) ?([0-9]{1,2}))(?: about| say| is)?[?.]*$",
    re.IGNORECASE,
)


def number_asked_for(question: str) -> int | None:
    """The n of a question that asks for the n-th of the report, and for nothing else."""
    plain = question.strip()
    if chinese := _CHINESE.match(plain):
        return _number(chinese[1])
    if english := _ENGLISH.match(plain):
        word = (english[1] or english[2]).lower()
        return _ORDINALS.index(word) + 1 if word in _ORDINALS else int(re.sub(r"\D", "", word))
    return None


def _number(numeral: str) -> int | None:
    """3, 三, 十, 十二, 二十, 二十三; `None` for what is no number (二三)."""
    if numeral.isdigit():
        return int(numeral)
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _digit(numeral) if len(numeral) == 1 else None
    return 10 * (_digit(tens) if tens else 1) + (_digit(ones) if ones else 0)


def _digit(numeral: str) -> int:
    return _NUMERALS.index(numeral) + 1
