"""Questions for the n-th of the report: "那第二名呢？", "What is the third trend?"."""

import re

from askreport.answering.numerals import han_value

_DIGIT = "[一二三四五六七八九]"
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_CHINESE = re.compile(
    r"^(?:那么?|还有|然后|请问|报告[里中]?的?|排名?|排在|列?在)*"
    rf"第 ?([1-9][0-9]?|{_DIGIT}?十{_DIGIT}?|{_DIGIT}) ?"
    r"(?:名|位|章|大?趋势|[个项条]趋势|[大个项条](?=[是呢？?]|$))"
    r"(?:的?(?:趋势|内容|主题|标题))?(?:主要|具体)?"
    r"(?:是|讲|说|谈|写|叫|介绍)*了?的?(?:些?什么|哪个|啥|谁)*[呢？?。]*$"
)
_ENGLISH = re.compile(
    r"^(?:and |so |then )?(?:what(?:'s| is| about| does)|how about|tell me about)? ?(?:the )?"
    rf"(?:({'|'.join(_ORDINALS)}|[1-9][0-9]?(?:st|nd|rd|th))"
    r"(?: (?:trend|chapter|one|place|item|topic))?"
    r"|(?:number|trend|chapter|no\.?|#) ?([1-9][0-9]?))(?: about| say| is)?[?.]*$",
    re.IGNORECASE,
)


_CHAPTER = re.compile(
    rf"第 ?([1-9][0-9]?|{_DIGIT}?十{_DIGIT}?|{_DIGIT}) ?章"
    rf"|\bchapter ([1-9][0-9]?)\b|\b({'|'.join(_ORDINALS)}) chapter\b",
    re.IGNORECASE,
)


def chapter_number_in(question: str) -> int | None:
    """The number, 1 to 99, of the one chapter that a question speaks of by number."""
    found = list(_CHAPTER.finditer(question))
    if len(found) != 1:
        return None
    chinese, digits, word = found[0].groups()
    if word:
        return _ORDINALS.index(word.lower()) + 1
    return _value(digits or chinese)


def number_asked_for(question: str) -> int | None:
    """The n, 1 to 99, of a question that asks for the n-th of the report, and for nothing else."""
    plain = question.strip()
    if chinese := _CHINESE.match(plain):
        return _value(chinese[1])
    if english := _ENGLISH.match(plain):
        word = (english[1] or english[2]).lower()
        return _ORDINALS.index(word) + 1 if word in _ORDINALS else int(re.sub(r"\D", "", word))
    return None


def _value(numeral: str) -> int:
    return int(numeral if numeral.isascii() else han_value(numeral) or 0)
