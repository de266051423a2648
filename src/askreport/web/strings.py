"""Everything the interface says, one `Strings` per language.

A report's own words and the assistant's answers are not here: they are shown in their own language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ACCEPTED = re.compile(r"([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Strings:
    """The interface in one language. Fields with `{...}` are filled by `str.format`."""

    code: str
    other_code: str
    switch: str
    name: str
    welcome: str
    welcome_hint: str
    question_label: str
    question_placeholder: str
    send: str
    new_conversation: str
    open_report: str
    close_report: str
    contents: str
    report: str
    conversation: str
    size_chapters: str
    size_pages: str
    size_characters: str
    chapters: str
    looking: str
    looked_up: str
    sources: str
    source: str
    page: str
    source_gone: str
    quoted: str
    written: str
    some_model: str
    sure: str
    fairly_sure: str
    unsure: str
    took: str
    tokens: str
    doubts: Mapping[str, str]
    word_separator: str
    nearest: str
    next_questions: str
    frames: Mapping[str, str]
    copy: str
    copied: str
    stop: str
    stopped: str
    retry: str
    edit: str
    link: str
    export: str
    paragraph_link: str
    back: str
    overloaded: str
    login_wanted: str
    login_wait: str
    find: str
    find_previous: str
    find_next: str
    find_nothing: str
    ask_about: str
    report_keys: str
    about: str
    question_empty: str
    question_too_long: str
    failed: str
    rate: str
    thumb_up: str
    thumb_down: str
    feedback_title: str
    feedback_verdicts: Mapping[str, str]
    feedback_place: str
    feedback_use_place: str
    feedback_comment: str
    feedback_send: str
    feedback_cancel: str
    feedback_thanks: str
    feedback_problems: Mapping[str, str]
    evaluation: Mapping[str, str]


CHINESE = Strings(
    code="zh-CN",
    other_code="en",
    switch="English",
    name="问报告",
    welcome="向这份报告提问",
    welcome_hint="回答只依据报告原文。点按句末的数字，就会翻到原文的那一句。报告没有写的，会直接告诉你。",
    question_label="问题",
    question_placeholder="输入问题，中文或英文都可以",
    send="发送",
    new_conversation="新对话",
    open_report="报告",
    close_report="关闭报告",
    contents="目录",
    report="报告原文",
    conversation="问答",
    size_chapters="{count} 章",
    size_pages="{count} 页",
    size_characters="{count} 字",
    chapters="章节",
    looking="正在查阅报告…",
    looked_up="查的是：{query}",
    sources="出处",
    source="出处 {number}",
    page="第 {page} 页",
    source_gone="报告里已经没有这句话",
    quoted="引自报告原文",
    written="由 {model} 撰写，已逐句与出处核对",
    some_model="聊天模型",
    sure="很有把握",
    fairly_sure="比较有把握",
    unsure="把握不大，请核对原文",
    took="用时 {seconds} 秒",
    tokens="读入 {read} 词元，写出 {wrote} 词元",
    doubts={
        "uncited": "未证实：没有注明出处",
        "number": "未证实：出处里没有 {words}",
        "name": "未证实：出处里没有 {words}",
        "quotation": "未证实：出处里没有“{words}”这句话",
        "meaning": "未证实：和出处说的不是一回事",
    },
    word_separator="、",
    nearest="报告里与此最接近的地方",
    next_questions="接着可以问",
    frames={
        "report": "这份报告讲了哪些内容？",
        "chapter": "{label} 讲了什么？",
        "name": "关于 {name}，报告说了什么？",
    },
    copy="复制",
    copied="已复制",
    stop="停止",
    stopped="已停止，回答只到这里。",
    retry="重新回答",
    edit="修改问题",
    link="链接",
    export="导出对话",
    paragraph_link="复制这一段的链接",
    back="回到问答",
    overloaded="现在提问的人太多，请过一会儿再问一次。",
    login_wanted="请先登录：刷新页面，输入用户名和密码。",
    login_wait="登录失败的次数太多，请过一分钟再试。",
    find="在报告里查找",
    find_previous="上一处",
    find_next="下一处",
    find_nothing="没有",
    ask_about="就这段提问",
    report_keys="回车选一段，上下键换段，Tab 键就这段提问或复制链接。",
    about="报告里说“{quote}”，",
    question_empty="请先输入一个问题。",
    question_too_long="问题太长了：{length} 个字，最多 {limit} 个字。请缩短后再问。",
    failed="这次没能回答，问题出在程序这边。请再试一次。",
    rate="评价这个回答",
    thumb_up="回答得好",
    thumb_down="回答有问题",
    feedback_title="哪里不对？",
    feedback_verdicts={
        "wrong_answer": "答案错了",
        "wrong_place": "出处不对",
        "should_refuse": "报告没写，不该回答",
        "should_answer": "报告写了，应该回答",
    },
    feedback_place="请在报告里选中正确的那一段文字。",
    feedback_use_place="就用这一段",
    feedback_comment="正确的答案（可不填）",
    feedback_send="提交",
    feedback_cancel="取消",
    feedback_thanks="谢谢，已记下，成为一道测试题。",
    feedback_problems={
        "no_place": "请先在报告里选中正确的那一段，再提交。",
        "no_sources": "这个回答没有引用原文，没法记成测试题。",
        "too_long": "选中的文字或答案太长了，请缩短后再提交。",
        "unknown": "这条评价对不上任何回答，请刷新页面后再试。",
        "not_kept": "没能记下来，问题出在服务器这边。",
    },
    evaluation={
        "title": "评测",
        "back": "回到问答",
        "sets": "测试题",
        "set": "{name}（{count} 题）",
        "first": "设置 A（每项写成 名称=值，不填就是现在的设置）",
        "second": "设置 B（与 A 比较，可不填）",
        "run": "开始",
        "cancel": "停止",
        "running": "已问 {done} 题，共 {total} 题",
        "busy": "另一次评测正在进行，请等它结束。",
        "done": "评测完成。",
        "cancelled": "已停止，没有结果。",
        "change": "从 A 到 B，{metric}：{verdict}",
        "no_change": "A 与 B 之间看不出真实的差别。",
        "shown_a": "以下是设置 A 的结果。",
        "shown_b": "以下除了对比，都是设置 B 的结果。",
        "compared": "A 与 B 对比",
        "better": "变好了",
        "worse": "变差了",
        "same": "没有真实差别",
        "suggested": "待定的新测试题",
        "no_suggested": "没有待定的题。用 askreport eval --suggest 20 可以从报告里出题。",
        "waiting": "还有 {count} 道。",
        "question": "题目",
        "answer": "答案",
        "refusal": "应当拒答",
        "evidence": "依据",
        "keys": "要点",
        "accept": "采用",
        "reject": "不要",
    },
)

ENGLISH = Strings(
    code="en",
    other_code="zh-CN",
    switch="中文",
    name="Ask the report",
    welcome="Ask this report a question",
    welcome_hint="Answers rest on the report alone. A number after a sentence takes you to the very"
    " sentence it comes from. What the report does not say, you will be told.",
    question_label="Question",
    question_placeholder="Ask in English or Chinese",
    send="Send",
    new_conversation="New chat",
    open_report="Report",
    close_report="Close the report",
    contents="Contents",
    report="The report",
    conversation="Questions and answers",
    size_chapters="{count} chapters",
    size_pages="{count} pages",
    size_characters="{count} characters",
    chapters="Chapters",
    looking="Looking it up in the report…",
    looked_up="Looked up: {query}",
    sources="Sources",
    source="Source {number}",
    page="p. {page}",
    source_gone="The report no longer has this sentence",
    quoted="Quoted from the report",
    written="Written by {model}, checked against its sources",
    some_model="a chat model",
    sure="very sure",
    fairly_sure="fairly sure",
    unsure="not sure, please check the report",
    took="{seconds} s",
    tokens="{read} tokens read, {wrote} written",
    doubts={
        "uncited": "not supported: no source given",
        "number": "not supported: {words} is not in its sources",
        "name": "not supported: {words} is not in its sources",
        "quotation": "not supported: “{words}” is not in its sources",
        "meaning": "not supported: its sources are about something else",
    },
    word_separator=", ",
    nearest="The nearest places in the report",
    next_questions="You could ask next",
    frames={
        "report": "What does this report cover?",
        "chapter": "What is {label} about?",
        "name": "What does the report say about {name}?",
    },
    copy="Copy",
    copied="Copied",
    stop="Stop",
    stopped="Stopped; the answer ends here.",
    retry="Answer again",
    edit="Edit question",
    link="Link",
    export="Export this chat",
    paragraph_link="Copy a link to this paragraph",
    back="Back to the answer",
    overloaded="Too many people are asking right now; please ask again in a moment.",
    login_wanted="Please log in: reload the page and enter your name and password.",
    login_wait="Too many failed logins; please try again in a minute.",
    find="Find in the report",
    find_previous="Previous match",
    find_next="Next match",
    find_nothing="None",
    ask_about="Ask about this",
    report_keys="Enter picks a paragraph, arrow keys move, Tab asks about it or copies its link.",
    about="The report says “{quote}”. ",
    question_empty="Please type a question first.",
    question_too_long="The question is too long: {length} characters, and the limit is {limit}."
    " Please shorten it.",
    failed="No answer this time; the fault is in the program. Please try again.",
    rate="Rate this answer",
    thumb_up="Good answer",
    thumb_down="Something is wrong",
    feedback_title="What is wrong?",
    feedback_verdicts={
        "wrong_answer": "Wrong answer",
        "wrong_place": "Wrong place",
        "should_refuse": "The report does not say: no answer was right",
        "should_answer": "The report does say: it should have answered",
    },
    feedback_place="Select the right place in the report.",
    feedback_use_place="Use this place",
    feedback_comment="The right answer (optional)",
    feedback_send="Send",
    feedback_cancel="Cancel",
    feedback_thanks="Thank you; noted, as a test question.",
    feedback_problems={
        "no_place": "Please select the right place in the report first, then send.",
        "no_sources": "This answer quotes nothing, so no test question can be made of it.",
        "too_long": "The place or the answer is too long; please shorten it and send again.",
        "unknown": "This fits no answer any more; please reload the page and try again.",
        "not_kept": "It could not be noted; the fault is on the server.",
    },
    evaluation={
        "title": "Evaluation",
        "back": "Back to the chat",
        "sets": "Test questions",
        "set": "{name} ({count})",
        "first": "Settings A (as NAME=VALUE; empty: the settings as they are)",
        "second": "Settings B (compared with A; may stay empty)",
        "run": "Run",
        "cancel": "Cancel",
        "running": "{done} of {total} questions asked",
        "busy": "Another evaluation is running; please wait until it is done.",
        "done": "The evaluation is done.",
        "cancelled": "Cancelled; there is no result.",
        "change": "From A to B, {metric}: {verdict}",
        "no_change": "No real difference between A and B.",
        "shown_a": "Below: the result of settings A.",
        "shown_b": "Below, but for the comparison: the result of settings B.",
        "compared": "A and B compared",
        "better": "better",
        "worse": "worse",
        "same": "no real difference",
        "suggested": "Suggested test questions",
        "no_suggested": "None is waiting. askreport eval --suggest 20 makes some from the report.",
        "waiting": "{count} waiting.",
        "question": "Question",
        "answer": "Answer",
        "refusal": "a refusal",
        "evidence": "Evidence",
        "keys": "Keys",
        "accept": "Accept",
        "reject": "Reject",
    },
)

LANGUAGES = {strings.code: strings for strings in (CHINESE, ENGLISH)}


def strings_for(code: object) -> Strings:
    """The interface in language `code`; Chinese for what is no code of ours."""
    return LANGUAGES.get(code, CHINESE) if isinstance(code, str) else CHINESE


def spoken(chosen: object, accept_language: str) -> Strings:
    """The interface in the language that a reader chose, or else in the one the browser prefers."""
    return strings_for(chosen or preferred_language(accept_language))


def preferred_language(accept_language: str) -> str:
    """Code of the interface that a browser's Accept-Language header asks for first.

    A header without any language of ours gets English, the likelier one to be understood; an empty
    header gets Chinese.
    """
    if not accept_language.strip():
        return CHINESE.code
    wishes: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:32]:
        match = _ACCEPTED.fullmatch(part.strip())
        if match is not None:
            wishes.append((_weight(match.group(2)), match.group(1).lower()))
    for _, language in sorted(wishes, key=lambda wish: -wish[0]):
        for code in LANGUAGES:
            if code.split("-")[0] == language:
                return code
    return ENGLISH.code


def _weight(quality: str | None) -> float:
    try:
        return 1.0 if quality is None else float(quality)
    except ValueError:
        return 0.0
