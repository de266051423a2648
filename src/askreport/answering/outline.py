"""Questions about the report as a whole, which only its outline answers."""

import re
from collections.abc import Sequence

from askreport.index import Unit
from askreport.schema import Report

_WHOLE = r"(?:报告|全文|文章|文档|本文|全书)"
_PART = r"(?:内容|主题|话题|方面|部分|章节?|趋势|要点|观点|领域|方向|东西)"
_WHOLE_REPORT = re.compile(
    rf"{_WHOLE}(?:一共|总共|主要|都|里面?|中|到底|究竟|大概)*"
    rf"(?:讲|说|谈|写|介绍|包含|包括|涉及|提出|提到|列出|分)[了到成为]*"
    rf"(?:些?什么|(?:哪|什么|几|多少)[些几大个章十]*{_PART})[呢？?。]*$"
    rf"|{_WHOLE}的?(?:目录|大纲|章节|主要内容|结构|主题)"
    rf"|(?:总结|概括|概述)(?:一下)?(?:这份|这篇|整个|整份|全部|该|本)?{_WHOLE}[。？?！!]*$"
    r"|what (?:is|does) (?:this|the) (?:report|document) (?:about|cover|contain|say)[?.]*$"
    r"|(?:outline|table of contents|summar\w*(?: of)?|overview of|chapters (?:of|in)) "
    r"(?:this |the )?(?:whole |entire )?(?:report|document)[?.!]*$"
    r"|(?:which|what|list)(?: all)?(?: the)? (?:\w+ ){0,2}(?:chapters|topics|trends|sections)"
    r" (?:does|are|is|of|in|do) (?:\w+ ){0,3}(?:report|document)",
    re.IGNORECASE,
)


def asks_for_outline(question: str) -> bool:
    """Whether `question` is about the report as a whole, which only its outline answers."""
    return _WHOLE_REPORT.search(question.strip()) is not None


def outline(reports: Sequence[Report]) -> list[Unit]:
    """The chapter titles of all reports in order."""
    return [
        Unit(number, heading.start, heading.end)
        for number, report in enumerate(reports)
        for heading in report.headings
        if heading.level == 1
    ]
