"""Questions that an English sentence answers: what is taken out of it is the answer.

The rules know grammar and nothing of any report. Inversion is avoided by questions that keep the
order of the sentence ("According to the report, the firm employs how many people?").
"""

import re
from collections.abc import Iterator

from askreport.evaluation.suggesting.drafts import Draft

_OPENING = re.compile(
    r"^(?:\(?\d{1,2}[.)]\s+)?(?:(?:However|Moreover|Furthermore|In addition|Additionally|Meanwhile|"
    r"Therefore|Thus|Finally|First|Second|Third|Today|Currently|For example|For instance),\s+)*"
)
_POINTING = re.compile(
    r"^(?:This|That|These|Those|It|Its|They|Their|He|She|His|Her|We|Our|I|You|Such|Both|Here|There|"
    r"And|But|Or|So|Also|Then|Which|Who)\b|"
    r"\b(?:the former|the latter|as follows|the following|above)\b|\?"
)
_DEFINITION = re.compile(
    r"^(?P<name>(?:An? |The )?[A-Za-z][\w\- ]{2,40}?)(?: \([^)]{1,40}\))? "
    r"(?:is defined as|refers to|means|is) (?=an? |the \w+ of )(?P<rest>.{12,})$"
)
_NAME_WORDS = 5
_ASPECTS = (
    "advantage|goal|aim|purpose|challenge|obstacle|core|key|bottleneck|drawback|problem|reason|cause|"
    "task|basis|risk|benefit|weakness|strength|result|focus|priority|driver"
)
_ASPECT = re.compile(
    rf"^(?P<name>The (?:[\w\-]+ ){{0,3}}(?:{_ASPECTS})s?"
    r"(?: (?:of|for|behind|in) [^,;:]{2,50}?)?) (?P<verb>is|are|was|were) (?P<value>[^;:]{3,80})$"
)
_SCALE = r"(?: (?:thousand|million|billion|trillion))?"
_NUMBER = re.compile(
    r"(?:\b(?:about|around|roughly|nearly|almost|over|approximately|more than|at least|up to) )?(?:"
    rf"(?P<money>[$€£]\d[\d,]*(?:\.\d+)?{_SCALE})|"
    r"(?P<percent>(?<![\w.,])\d[\d,]*(?:\.\d+)?(?: ?%| per ?cent\b))|"
    r"\bin (?P<year>(?:1[5-9]|20)\d\d)\b|"
    rf"(?P<count>(?<![\w.,$€£\-])\d[\d,]*(?:\.\d+)?{_SCALE}) "
    r"(?P<noun>(?:[a-z\-]+ )?(?:[a-z]{3,}s|people))\b)"
)
_LIST = re.compile(
    r"^(?P<name>(?:An? |The )?[^,;:]{3,60}?) (?P<verb>includes?|comprises?|consists? of|contains?) "
    r"(?P<items>[^,;:]{2,40}(?:, [^,;:]{2,40}){1,8},? (?:and|or) [^,;:]{2,40})$"
)
_JOIN = re.compile(r",? (?:and|or) |, ")
_ITEMS_ASKED = 5  # an answer that names five is right enough
_REASON = re.compile(r"^(?P<effect>[^,;:]{12,90}) because (?!of )(?P<cause>[^;:]{10,110})$")
_DETERMINER = re.compile(r"^(?:The|An?|In|On|At|Some|Many|Most|All|Every|Each|No|For|Since|By)\b")
_KEY_WORDS = 4  # of a phrase; a longer key would ask for its very words


def drafts(sentence: str) -> Iterator[Draft]:
    """Drafts of one sentence, best first; none of a sentence that needs the one before it."""
    text = _OPENING.sub("", " ".join(sentence.split()).rstrip(".;!"))
    if _POINTING.search(text):
        return
    for rule in (_definition, _aspect, _number, _list, _reason):
        yield from (draft for draft in rule(text) if draft.reads_well())


def _definition(text: str) -> Iterator[Draft]:
    found = _DEFINITION.match(text)
    if found and len(found["name"].split()) <= _NAME_WORDS:
        question = f"What is {_lower(found['name'])}?"
        yield Draft("definition", "explain", question, found["rest"], ((_key(found["rest"]),),))


def _aspect(text: str) -> Iterator[Draft]:
    found = _ASPECT.match(text)
    if found:
        question = f"What {found['verb']} {_lower(found['name'])}?"
        yield Draft("aspect", "explain", question, found["value"], ((_key(found["value"]),),))


def _number(text: str) -> Iterator[Draft]:
    for found in _NUMBER.finditer(text):
        asked = {
            "money": "how much money",
            "percent": "what percentage",
            "year": "in what year",
            "count": f"how many {found['noun']}",
        }
        kind = next(name for name in asked if found[name])
        before, after = text[: found.start()], text[found.end() :]
        if len(before.split()) < 2 or _NUMBER.search(after):
            continue
        number = found[kind]
        spellings = (number, number.replace(",", ""), re.sub(r" ?per ?cent", "%", number))
        question = f"According to the report, {_lower(before)}{asked[kind]}{after}?"
        name = "date" if kind == "year" else "amount"
        yield Draft(name, "factoid", question, number, (tuple(dict.fromkeys(spellings)),))


def _list(text: str) -> Iterator[Draft]:
    found = _LIST.match(text)
    if found:
        verb, *preposition = found["verb"].split()
        base = " ".join([verb.removesuffix("s"), *preposition])
        does = "does" if verb.endswith("s") else "do"
        keys = tuple((item,) for item in _JOIN.split(found["items"])[:_ITEMS_ASKED])
        question = f"What {does} {_lower(found['name'])} {base}?"
        yield Draft("list", "list", question, found["items"], keys)


def _reason(text: str) -> Iterator[Draft]:
    found = _REASON.match(text)
    if found:
        question = f"Why is it that {_lower(found['effect'])}?"
        yield Draft("reason", "explain", question, found["cause"], ((_key(found["cause"]),),))


def _lower(text: str) -> str:
    """Without the capital of a first word, where that is no name for sure."""
    return text[:1].lower() + text[1:] if _DETERMINER.match(text) else text


def _key(phrase: str) -> str:
    """The first words of a phrase, without its article."""
    words = re.sub(r"^(?:an?|the) ", "", re.split(r"[,;]", phrase)[0]).split()
    return " ".join(words[:_KEY_WORDS])
