"""Complete a follow-up question from the conversation, by rule, before it is looked up.

"那第二名呢？" alone finds nothing. A question is a follow-up if it points back (a pronoun, a
demonstrative, an opening such as "那" or "what about") or names nothing ("为什么？"). It is then
looked up together with the question that set the topic; a question that stands alone forgets the
topic.
"""

import re
from collections.abc import Sequence

from askreport.schema import Turn

_POINTS_BACK_ZH = re.compile(
    r"^(那|还有|另外|然后|再|呢)|它|(?<![其吉])他|她|其中|[这那此]|(?<!应)该(?=[公机产项技报方系人企])"
    r"|前者|后者|上述|以上|上面|刚才|呢[？?]?$"
)
_POINTS_BACK_EN = re.compile(
    r"\b(it|its|they|them|their|he|his|him|she|her|this|that|these|those|former|latter|same|there)\b"
    r"|^(and|what about|how about)\b",
    re.IGNORECASE,
)
_SELF_REFERENCE = re.compile(
    r"(这|该|本)(份|个|篇)?(报告|文|书|文档)|(this|the) (report|document)", re.I
)
_QUESTION_WORDS = re.compile(
    r"什么时候|什么|为什么|为何|怎么样?|如何|多少钱?|哪[里儿些个]|具体|请问|[谁几吗呢的了是在有么]"
    r"|\b(?:why|when|where|who|what|which|how|much|many|is|are|was|were|does|did|do|the|an?|so|then"
    r"|exactly)\b",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"[\u3400-\u9fff]{2}|[A-Za-z0-9]+")


def complete(question: str, history: Sequence[Turn]) -> str:
    """The question to look up: `question` itself, or with the topic it follows up put before it."""
    if not history or not is_followup(question):
        return question
    topic = [history[-1].question]
    for turn in reversed(history[:-1]):
        if not is_followup(topic[0]):
            break
        topic.insert(0, turn.question)
    return " ".join([topic[0], question] if len(topic) == 1 else [topic[0], topic[-1], question])


def is_followup(question: str) -> bool:
    """Whether `question` points back at the conversation, or names nothing that it is about."""
    plain = _SELF_REFERENCE.sub("", question).strip()
    if _POINTS_BACK_ZH.search(plain) or _POINTS_BACK_EN.search(plain):
        return True
    return not _CONTENT.search(_QUESTION_WORDS.sub(" ", plain))
