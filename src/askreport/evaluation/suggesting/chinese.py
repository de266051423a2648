"""Questions that a Chinese sentence answers: what is taken out of it is the answer.

The rules know grammar and nothing of any report: definitions, aspects (X的核心是…), dates, amounts,
lists, announcements, reasons. They would rather be silent than clumsy, so a sentence that points
outside itself (这, 其中) has no question.
"""

import re
from collections.abc import Iterator

from askreport.evaluation.suggesting.drafts import KEY_CHARS, Draft, solid

# A word that only ties the sentence to the one before may go.
_OPENING = re.compile(
    r"^(?:[（(]?\d{1,2}[）)、.]\s*|[一二三四五六七八九十]、)?"
    r"(?:(?:目前|当前|如今|现在|此外|另外|同时|但是|然而|不过|因此|所以说?|总的来说|首先|其次|最后|再次|"
    r"随后|后来|之后|例如|比如|其实|事实上|据统计|据预测|据了解|据悉|通常|一般来说|换言之)[，,：:]?\s*)*"
)
_POINTING = re.compile(
    r"^(?:这|那|此|其|该|他|她|它|上述|以上|前者|后者|同期|同年|两者|二者|[一二三]是|并|而|且|但|也|还|"
    r"则|即|又|另|由此|因为此|对此|为此|从而|甚至|尤其|特别|只不过|可以|能够|将|已|使|让)|"
    r"如下|以下|上[述图]|下图|该公司|[这那][一种些个项次款家类场里]|与此同时|本报告|[：:]$"
)
_UNFIT = re.compile(r"[？?…]|^[”’）)》]|://")

_DEFINITION = re.compile(
    r"^(?:所谓)?(?P<name>[^，。：；（(“”的]{2,16}?)\s{0,4}(?:[（(][^）)]{1,40}[）)])?，?\s{0,4}"
    r"就?(?:是指|指的是|是一[种个项类门套款家场]|被定义为)(?P<rest>.{8,})$"
)
_NO_NAME = re.compile(r"\d|不|都|仅|目前|[也已将就则却]$")
_MIN_MEANING_CHARS = 8
_HEAD_CHARS = range(3, KEY_CHARS + 1)

_ASPECTS = (
    "优势|核心|关键|难点|瓶颈|目标|特点|优点|缺点|本质|前提|原因|任务|重点|目的|难度|门槛|基础|作用|意义|"
    "挑战|根本|标志|方向|趋势|定位|结果|思路"
)
_ASPECT = re.compile(
    rf"^(?P<name>[^，。：；]{{2,24}}?(?:{_ASPECTS}))\s*"
    r"(?:主要|就|也|仍|目前|还)*(?:是?在于|是)(?P<value>[^，。；]{3,40})"
)

_EVENT = (
    r"(?:正式|首次|联合|共同|率先|先后|成功|第一次|公开)?\s*(?:宣布|发布|推出|成立|启动|上市|收购|签署|公布|"
    r"举行|召开|诞生|破产|提出|加入|获得|颁布|实施|开通|投产|建成|创立|上线|发射|出版|发表|批准|问世|合并|更名)"
)
_DATE = (
    r"(?P<date>\d{4}\s*年(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*[日号])?)?)"
    r"(?:[初底末]|[春夏秋冬]季?|晚间?|上午|下午|凌晨)?"
)
_DATE_FIRST = re.compile(
    rf"^(?:早在|在|于)?\s*{_DATE}[，,]?\s*(?P<subject>[^，；：]*?)(?P<event>(?:{_EVENT}){{1,2}})了?(?P<rest>[^，；：]*)"
)
_DATE_INSIDE = re.compile(
    rf"^(?P<subject>[^，：；\d]{{2,30}}?)\s*(?:在|于|自|从)?\s*{_DATE}\s*(?P<event>(?:{_EVENT}){{1,2}})了?(?P<rest>[^，；]*)"
)
_NO_ACTOR = re.compile(r"[中上里下后时]$|将|预计|计划|还$|也$|或$|不$|被$|由$|要$|没有$|[的“《]$")
_AFTER_EVENT = tuple("的后会时价公")  # "released by", "after the start": no event of its own

_UNITS = (
    "个月|个|家|种|项|名|位|人|次|条|架|辆|台|座|颗|款|部|所|套|倍|张|件|单|户|处|艘|枚|册|篇|小时|分钟|秒|天|"
    "毫米|厘米|平方米|平方公里|公里|千米|米|公斤|千克|克|吨|美元|欧元|日元|韩元|英镑|港元|元|行|岁|层|"
    "GWh|MWh|kWh|GW|MW|kW|nm|mm|cm|km|Km|kg|GB|TB|MB|GHz|MHz"
)
_AMOUNT = re.compile(
    r"(?:(?:超(?!过)|大约|约(?!为)|将近|近|至少|不到|逾)\s*)?"
    r"(?<![A-Za-z0-9.,第\-—–~～－=<>])(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<scale>多?[万亿千百]*多?)\s*"
    rf"(?:(?P<percent>[%％])|(?P<unit>{_UNITS}))(?![\-—–~～－A-Za-z])"
)
_REMARK = re.compile(r"^\s*[（(][^）)]*[）)]")
_SETTING = re.compile(r"(?:[中上里时后前]|来说|以来|方面)$")  # no statement, only its setting
_ONE_OF_SEVERAL = re.compile(r"(?:[、和与或每至]|(?<!达)到|[（(][^）)]*)$")
_TIME = re.compile(r"(?:截至|到|自|仅)?\s*(?:19|20)\d\d\s*年[^，]{0,10}")
_SMALL = frozenset("个种项")  # "one kind", "two things" are mostly turns of speech
_MIN_SUBJECT_CHARS = 8
_CLAUSE = re.compile(r"(?:[^，,；;。：:]|(?<=\d),(?=\d))+")
_NO_SUBJECT = re.compile(
    r"^(?:同比|环比|较|比|达|增|降|预计|累计|合计|平均|高|约|超|共|总|占|为|是|有|在|从|到|以|用于|包括|实现|"
    r"获得|取得|完成|计划|希望|通过|提供|可|吸引|建设|扩大|直接|短短|大幅|还|也|并|将|已|能|而|但|其|就)"
)

_LIST = re.compile(
    r"^(?P<name>[^，。：；、]{2,24}?)(?P<verb>主要包括|主要分为|主要可分为|可以?分为|分为|包括|主要有|包含|涵盖|"
    r"涉及|由)(?P<items>[^，。：；]{1,24}(?:、[^，。：；、]{1,24}){1,9})$"
)
_LIST_TAIL = re.compile(
    r"(?:等(?:[多几两\d一二三四五六七八九十]+[种个大类项])?|[几两三四五六七八九十][种个大类项])"
    r"(?P<noun>[^\d等、]{0,6})$|组成$"
)
_JOIN = re.compile(r"、|以及|和|及|或")
_ITEM_CHARS = range(2, 15)
_ITEMS_ASKED = 5  # an answer that names five is right enough

_MIN_ACTOR_CHARS = 6
_MADE = "发布|推出|公布|提出|颁布|发表|上线|研发|开源|收购|启动|成立|打造"
_WHAT = re.compile(
    rf"^(?P<subject>[^。；：]{{2,36}}?)(?P<verb>{_MADE})了?(?P<object>[^，。；：]{{4,36}})"
)
_NAME = re.compile(r"《[^《》]+》|“[^“”]+”|[A-Za-z][A-Za-z0-9.\-]*(?: [A-Z0-9][A-Za-z0-9.\-]*)*")
_REASON = re.compile(r"^由于(?P<cause>[^。；]{4,48}?)，(?P<effect>[^，。；]{8,40})")
_POINTING_INSIDE = re.compile(r"其(?!他|它|余|中)|这|该")


def drafts(sentence: str) -> Iterator[Draft]:
    """Drafts of one sentence, best first; none of a sentence that needs the one before it."""
    text = _OPENING.sub("", sentence.strip().rstrip("。；;.!！”"))
    if _POINTING.search(text) or _UNFIT.search(text):
        return
    for rule in (_definition, _aspect, _date, _amount, _list, _what, _reason):
        yield from (draft for draft in rule(text) if draft.reads_well())


def _definition(text: str) -> Iterator[Draft]:
    found = _DEFINITION.match(text)
    if not found or _NO_NAME.search(found["name"]):
        return
    meaning, head = _first_clause(found["rest"]), found["rest"].rpartition("的")[2]
    key = head if len(head) in _HEAD_CHARS and "，" not in head else meaning[:KEY_CHARS]
    if len(meaning) >= _MIN_MEANING_CHARS:
        question = f"什么是{found['name'].strip()}？"
        yield Draft("definition", "explain", question, meaning, ((key,),))


def _aspect(text: str) -> Iterator[Draft]:
    found = _ASPECT.match(text)
    if found and "的" in found["name"]:
        value = found["value"].strip()
        yield Draft("aspect", "explain", f"{found['name']}是什么？", value, ((value[:KEY_CHARS],),))


def _date(text: str) -> Iterator[Draft]:
    """When somebody did something, where both are told and it is no mere plan."""
    for pattern in (_DATE_INSIDE, _DATE_FIRST):
        found = pattern.match(text)
        if not found:
            continue
        subject, rest = found["subject"].strip(), found["rest"].strip()
        unfit = _NO_ACTOR.search(subject) or _POINTING.match(subject)
        if len(subject) < 2 or unfit or rest.startswith(_AFTER_EVENT):
            continue
        date = solid(found["date"])
        keys = (date, date.partition("年")[2]) if date.endswith(("日", "号")) else (date,)
        question = f"{subject}是什么时候{found['event'].strip()}{rest}的？"
        yield Draft("date", "factoid", question, date, (keys,))


def _amount(text: str) -> Iterator[Draft]:
    for found in _AMOUNT.finditer(text):
        if found["unit"] in _SMALL and len(found["number"] + found["scale"]) == 1:
            continue
        before = text[_clause_start(text, found.start()) : found.start()].rstrip()
        clause = _CLAUSE.match(text, found.end())
        tail = _REMARK.sub("", clause[0] if clause else "")
        unfit = _ONE_OF_SEVERAL.search(before) or _SETTING.search(tail) or _AMOUNT.search(tail)
        if len(before) < 4 or unfit:
            continue
        asked = "百分之几" if found["percent"] else f"多少{found['unit']}"
        answer = text[found.start("number") : found.end()].strip()
        question = f"{before}{asked}{tail.strip()}？"
        yield Draft("amount", "factoid", question, answer, (_spellings(found),))


def _spellings(found: re.Match[str]) -> tuple[str, ...]:
    """The amount as it stands, without commas, and without a trailing "more than"."""
    number = found["number"] + solid(found["scale"])
    sign = "%" if found["percent"] else ""
    spellings = (number, number.replace(",", ""), number.rstrip("多"))
    return tuple(dict.fromkeys(f"{spelling}{sign}" for spelling in spellings))


def _clause_start(text: str, position: int) -> int:
    """Where the question begins: at the clause, or at the sentence if the clause has no subject.

    A clause before it that only tells the year belongs to it.
    """
    starts = [found.start() for found in _CLAUSE.finditer(text) if found.start() <= position]
    clause = text[starts[-1] : position].strip()
    undated = re.sub(r"^(?:19|20)\d\d\s*年", "", clause).strip()
    if len(solid(undated)) < _MIN_SUBJECT_CHARS or _NO_SUBJECT.match(undated):
        return 0
    if len(starts) > 1 and _TIME.fullmatch(text[starts[-2] : starts[-1] - 1].strip()):
        return starts[-2]
    return starts[-1]


def _list(text: str) -> Iterator[Draft]:
    found = _LIST.match(text)
    if not found or (found["verb"] == "由") != found["items"].endswith("组成"):
        return
    tail = _LIST_TAIL.search(found["items"])
    items = [item.strip() for item in _JOIN.split(_LIST_TAIL.sub("", found["items"]))]
    if len(items) < 3 or any(len(item) not in _ITEM_CHARS for item in items):
        return
    noun = "部分组成" if found["verb"] == "由" else tail["noun"] if tail else ""
    question = f"{found['name'].strip()}{found['verb']}哪些{noun}？"
    keys = tuple((item,) for item in items[:_ITEMS_ASKED])
    yield Draft("list", "list", question, "、".join(items), keys)


def _what(text: str) -> Iterator[Draft]:
    found = _WHAT.match(text)
    if not found:
        return
    subject, made = found["subject"].strip(), re.sub(r"[（(].*", "", found["object"]).strip()
    names = [name for name in _NAME.findall(made) if len(name) >= 3]
    if len(solid(subject)) < _MIN_ACTOR_CHARS:
        return  # what somebody released has many answers
    if names and not _NO_ACTOR.search(subject) and not made.startswith(_AFTER_EVENT):
        question = f"{subject}{found['verb']}了什么？"
        yield Draft("what", "factoid", question, made, ((names[-1],),))


def _reason(text: str) -> Iterator[Draft]:
    found = _REASON.match(text)
    if found and not _POINTING_INSIDE.search(found["effect"]):
        cause = found["cause"].strip()
        key = re.split(r"[、，]", cause)[0][-KEY_CHARS:]
        yield Draft("reason", "explain", f"为什么{found['effect']}？", cause, ((key,),))


def _first_clause(text: str) -> str:
    return re.split(r"[，；。：]", text)[0].strip()
