"""Which words of a quote answer a question for a number or a time, for the page to set in bold.

For other questions nothing is set: a wrong emphasis misleads more than none.
"""

import re

_ASKS_TIME = re.compile(
    r"什么时候|何时|哪一?[年天月日]|几[月号日]|多久之前"
    r"|(?:^|[,，] ?|\b(?:and|since|until|by) )when\b|what (?:year|date|day|month)",
    re.I,
)
_ASKS_NUMBER = re.compile(
    r"多少|(?<![许很众更诸])多(?:[大高长宽远久快深]|重(?!要))|(?<!哪)几(?![乎何率])|百分之|比例|占比"
    r"|\bhow (?:many|much|large|big|far|long|fast|high|tall)\b"
    r"|percentage|what (?:share|number|size|price|cost)",
    re.I,
)
_TIME = re.compile(
    r"\d{2,4} ?年(?: ?\d{1,2} ?月(?: ?\d{1,2} ?[日号])?)?|\d{1,2} ?月(?: ?\d{1,2} ?[日号])?"
    r"|\d{2} ?世纪|\b(?:19|20)\d{2}\b"
)
_NUMBER = r"\d+(?:[,，]\d{3})*(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?<![第(（A-Za-z0-9.-])(?<!第 )(?:[$€£¥￥] ?)?{_NUMBER}(?: ?[-–—~～至到] ?{_NUMBER})?"
    r"(?: ?(?:多|余|几))?(?: ?[万亿千百]+)?(?: ?(?:多|余))?"
    r"(?: ?(?:[%％‰℃]|[美欧日韩港]元|元|倍|成|[台家个人名条种次颗辆架座张份项篇位亩吨升米克秒天]"
    r"|公里|千米|平方米|千瓦时|小时|分钟|个百分点|量子比特|(?:million|billion|percent)\b"
    r"|[kKMGTn]?(?:W|Wh|Hz|m|mm|cm|km|kg|B|bps)\b))?"
)


def asks_for_figure(question: str) -> bool:
    """Whether `question` is for a number or a time."""
    return bool(_ASKS_TIME.search(question) or _ASKS_NUMBER.search(question))


def emphasised(question: str, text: str) -> list[tuple[int, int]]:
    """Where in `text` the numbers or times stand that `question` asks for, in order.

    What the question says itself is no answer to it.
    """
    wanted = None
    if _ASKS_TIME.search(question):
        wanted = _TIME
    elif _ASKS_NUMBER.search(question):
        wanted = _AMOUNT
    if wanted is None:
        return []
    times = [match.span() for match in _TIME.finditer(text)] if wanted is _AMOUNT else []
    said = "".join(question.split())
    return [
        match.span()
        for match in wanted.finditer(text)
        if not re.search(rf"(?<![\d.]){re.escape(''.join(match[0].split()))}(?!\d)", said)
        and not any(start <= match.start() < end for start, end in times)
    ]
