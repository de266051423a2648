"""Questions that ask about two or more things at once, taken apart so that each is looked up.

    "甲在云计算和芯片上分别有何计划？" -> "甲在云计算上分别有何计划？", "甲在芯片上分别有何计划？"

A search for the whole question finds the side that it has more words of. The things compared stand
around a conjunction; what they share stands before the first and after the last.
"""

import re

_COMPARES = re.compile(
    r"分别|各自|各[有是为占]|相比|比较|对比|哪一?个.{0,8}更|谁更|区别|差异|差别"
    r"|(?<!^)(?<![在对为向从于和与各众])不同"  # before a noun it compares nothing: 不同行业
    r"|\b(?:compar\w*|versus|vs|respectively|differences?|differ|both"
    r"|each(?! (?:year|quarter|month|week|day|time)\b))\b",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"(?:(?<![总调平缓共温饱])(?<!碳中)和(?![平谐解])|(?<![参给赋])与(?!众)|跟(?![随踪进])|以及)"
    r"(?!区别|差[异别]|不同)|还是|、|\s(?:and|versus|vs\.?|or)\s",
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
_MOST_CHARS = 30  # of one thing that is compared; longer ones are clauses
_MOST_THINGS = 8  # each is searched for


def compares(question: str) -> bool:
    """Whether `question` asks about things side by side."""
    return _COMPARES.search(question) is not None


def aspects(question: str) -> list[str]:
    """`question` once for each of the things that it compares, 8 at most; empty where it compares
    nothing."""
    joins = list(_JOINS.finditer(question)) if compares(question) else []
    if not joins:
        return []
    left = question[: joins[0].start()].rstrip(" ，,")
    start = _BEFORE.match(left)
    prefix = question[: start.end() if start else 0]
    after = _AFTER.search(question, joins[-1].end() + 1)
    end = after.start() if after else len(question)
    cuts = [len(prefix), *(place for join in joins for place in join.span()), end]
    things = [question[a:b].strip(" ，,") for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    if not all(0 < len(thing) <= _MOST_CHARS for thing in things):
        return []
    glue = " " if prefix.endswith(" ") else ""
    return [f"{prefix.rstrip()}{glue}{thing}{question[end:]}" for thing in things[:_MOST_THINGS]]
