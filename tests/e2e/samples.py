"""Small reports made by hand, with what makes a page stumble: emoji, markup, page breaks."""

import hashlib
import re

from askreport.schema import Answer, Chapter, Heading, Report, Span, Unsupported, Usage
from tests.e2e.fake_assistant import cite

HOSTILE_LINES = (
    "<script>window.pwned=1</script>脚本不会运行。",
    "<img src=x onerror=window.pwned=2> ![i](http://outside.test/a.png) 图片不会加载。",
    "<svg onload=window.pwned=3></svg><style>*{display:none}</style>矢量图也不会。",
    "[链接](javascript:window.pwned=4) <a href='javascript:window.pwned=5'>点我</a>不会变成链接。",
    "${window.pwned=6} {{window.pwned=7}} &lt;b&gt; </article> 模板不会展开 [9]。",
    "<span class='block' data-start='0' data-end='9999' id='report'>冒充的原文。",
)


def make_report(
    name: str, chapters: dict[str, list[str]], *, pages: tuple[str, ...] = (), opening: str = ""
) -> Report:
    """A report of titled chapters; `pages` are the words at which page 2, 3, ... begin."""
    paragraphs: list[str] = [opening] if opening else []
    titles: list[int] = []
    for title, lines in chapters.items():
        titles.append(len(paragraphs))
        paragraphs += [title, *lines]
    text = "\n\n".join(paragraphs)
    spans: list[Span] = []
    offset = 0
    for paragraph in paragraphs:
        spans.append(Span(offset, offset + len(paragraph)))
        offset += len(paragraph) + 2
    starts = [spans[index].start for index in titles]
    return Report(
        name=name,
        text=text,
        title=opening or paragraphs[0],
        paragraphs=tuple(spans),
        sentences=tuple(sentence for span in spans for sentence in sentences(text, span)),
        headings=tuple(
            Heading(paragraphs[index], 1, spans[index].start, spans[index].end) for index in titles
        ),
        chapters=tuple(
            Chapter(title.split("：")[0], title, start, end)
            for title, start, end in zip(chapters, starts, [*starts[1:], len(text)], strict=True)
        ),
        page_starts=(0, *(text.index(word) for word in pages)) if pages else (),
        source_digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def sentences(text: str, span: Span) -> list[Span]:
    """The sentences of one paragraph, each with its closing mark."""
    found = re.finditer(r"[^。？！]+[。？！]?", text[span.start : span.end])
    return [Span(span.start + match.start(), span.start + match.end()) for match in found]


def plain_report() -> Report:
    """Three chapters, three pages; page 2 begins inside a sentence; emoji before what is cited."""
    filler = "这一段写的是别的事情，用来让报告长到需要滚动。" * 12
    return make_report(
        "devices.txt",
        {
            "TOP1：量子计算": [
                "🚀🚀 实验室在春天发布了新芯片。它有一千个量子比特，是目前最多的。后来的更稳定。",
                filler,
            ],
            "TOP2：人形机器人": [filler, "机器人学会了叠衣服，只用了一个下午。", filler],
            "TOP3：Batteries & <Energy>": [filler, "Solid-state cells 在冬天也能充电。"],
        },
        pages=("个量子比特", "机器人学会了"),
        opening="三种设备的年度报告",
    )


def long_report() -> Report:
    """Ten chapters of 300 paragraphs each, much more than a page has from the beginning."""
    line = "第{0}段写的是第{0}台机器在这一年里走过的路，和它停下来的地方。"
    chapters = {
        f"TOP{chapter + 1}：第{chapter + 1}章的标题": [
            line.format(300 * chapter + number) for number in range(300)
        ]
        for chapter in range(10)
    }
    return make_report("long.txt", chapters, opening="一份很长的报告")


def hostile_report() -> Report:
    """Every paragraph tries to be more than text."""
    chapters = {"TOP1：<b onclick=1>敌意</b>": list(HOSTILE_LINES)}
    return make_report("hostile.txt", chapters, opening="敌意的 <img src=x> 报告")


def hostile_answer(report: Report) -> Answer:
    """Quotes every hostile sentence as [1], and plants markers [9] and [2] without citations."""
    quote = report.sentences[1]
    citation = cite(report, quote, 1)
    text = "\n".join(["[9] 假的出处 [2](#s-0-0-5)", *HOSTILE_LINES, f"{citation.quote} [1]"])
    return Answer(
        question="攻击",
        answer=text,
        refused=False,
        confidence=0.9,
        mode="write",
        citations=(citation,),
        query="<i>攻击</i>",
        notice="<u>注意</u>",
    )


def doubted_answer(report: Report) -> Answer:
    """Three written sentences, the second and the third of which are not supported."""
    sentences = ["新芯片在春天发布[1]。", "它有 2000 个量子比特[1]。", "明天下雨。"]
    second, third = len(sentences[0]), len(sentences[0] + sentences[1])
    return Answer(
        question="写的",
        answer="".join(sentences),
        refused=False,
        confidence=0.9,
        mode="write",
        citations=(cite(report, report.sentences[1], 1),),
        query="写的",
        unsupported=(
            Unsupported(second, third, "number", ("2000",)),
            Unsupported(third, third + len(sentences[2]), "uncited"),
        ),
        usage=Usage(1234, 56),
    )
