"""Questions that ask about two or more things at once, taken apart so that each is looked up.

    "甲在云计算和芯片上分别有何计划？" -> "甲在云计算上有何计划？", "甲在芯片上有何计划？"

A search for the whole question finds the side that it has more words of. The things compared stand
around a conjunction; what they share stands before the first and after the last, or, where one is
held against the other ("甲的价格与乙相比"), at the end of the first.
"""

import re
from typing import NamedTuple

_COMPARES = re.compile(
    r"分别|各自|各[有是为占]|相比|比较|对比|(?:哪一?个|谁).{0,8}更|区别|差异|差别"
    r"|(?<!^)(?<![在对为向从于和与各众])不同"  # before a noun it compares nothing: 不同行业
    r"|\b(?:compar\w*|versus|vs|respectively|differences?|differ|both"
    r"|each(?! (?:year|quarter|month|week|day|time)\b))\b"
    r"|\b(?:which|who|what)\b.{0,40}\b(?:\w+er|more|less)\b.{1,80}\bor\b",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"(?:(?<![总调平缓共温饱])(?<!碳中)和(?![平谐解])|(?<![参给赋])与(?!众)|跟(?![随踪进])|以及)"
    r"(?!区别|差[异别]|不同)|还是|、|\s(?:and|versus|vs\.?|or|compared? (?:with|to|against))\s",
    re.IGNORECASE,
)
# Where the first thing begins and the last one ends.
_BEFORE = re.compile(
    r"\A.*(?:[在对的把将从于]|[，,：:、]|关于|对于|比较|对比|请问"
    r"|\b(?:between|compare|of|in|on|for|to|from|about|does|do|did|is|are|was|were|the|by|with)\b)\s*",
    re.IGNORECASE | re.DOTALL,
)
_AFTER = re.compile(
    r"分别|各|相比|比较|对比|[两三四]个|之间|[上中里的有是在哪谁]|方面|如何|怎[么样]|[，,：:？?]"
    r"|\s(?:respectively|each|both|in|on|for|of|have|has|do|does|did|is|are|was|were|say|differ)\b",
    re.IGNORECASE,
)
# What only says that things are compared; one thing alone is not found by it.
_FRAME = re.compile(
    r"分别|各自|各(?=[有是为占])|[，, ]{0,3}相比(?:较|之下)?|比较|对比|之间"
    r"|[，, ]{0,3}(?:哪一?个|谁)更?|[两三四]个方[面向]上?"
    r"|(?:有(?:什么|何|哪些)?)?(?:联系(?:与|和))?(?:区别|差[异别]|不同)(?:是什么|在哪里?|有哪些)?"
    r"|\b(?:compared?|respectively|each|both|differ|what (?:is|are) the differences? between)\b",
    re.IGNORECASE,
)
# One thing's quality is held against another thing: 甲的价格与乙相比.
_AGAINST = re.compile(r"相比|比较|对比|(?:哪一?个|谁).{0,8}更")
_OWNED = re.compile(
    r"(?:\A|(?<=[，,：:、]))(?P<owner>[^，,：:、]{1,30})的(?P<quality>[^，,：:、的]{1,30})\Z"
)
_MOST_CHARS = 30  # of one thing that is compared; longer ones are clauses
_MOST_THINGS = 8  # each is searched for


class Aspect(NamedTuple):
    """One of the things that a question compares, what stands before it (a subject that they
    share), and the question about it alone."""

    before: str
    thing: str
    question: str


def compares(question: str) -> bool:
    """Whether `question` asks about things side by side."""
    return _COMPARES.search(question) is not None


def aspects(question: str) -> list[Aspect]:
    """The things that `question` compares, 8 at most; empty where it compares nothing."""
    joins = list(_JOINS.finditer(question)) if compares(question) else []
    if not joins:
        return []
    left = question[: joins[0].start()].rstrip(" ，,")
    after = _AFTER.search(question, joins[-1].end() + 1)
    end = after.start() if after else len(question)
    shared = question[end:]
    owned = _OWNED.search(left) if _AGAINST.search(question) else None
    lead = _BEFORE.match(left)
    start = owned.start() if owned else lead.end() if lead else 0
    cuts = [start, *(place for join in joins for place in join.span()), end]
    things = [question[a:b].strip(" ，,") for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    if not all(0 < len(thing) <= _MOST_CHARS for thing in things):
        return []
    if owned:
        things[0] = owned["owner"]
        shared = shared if shared.startswith("的") else f"的{owned['quality']}{shared}"
    before = question[:start]
    return [
        Aspect(before, thing, _alone(before + thing + shared)) for thing in things[:_MOST_THINGS]
    ]


def _alone(question: str) -> str:
    """A question about one thing, without what only says that it is compared."""
    return " ".join(_FRAME.sub(" ", question).split())
