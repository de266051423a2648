"""What the evaluation says to a reader, one `Wording` per language.

Test questions, answers and names of models are not here: they are shown in their own language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Wording:
    """The evaluation in one language. Fields with `{...}` are filled by `str.format`.

    `metrics` names a metric, `meaning` says in a sentence what it tells. `verdicts` are the plain
    words for a difference; `why` maps patterns of a row's `why` to this language.
    """

    code: str
    title: str
    contents: Mapping[str, str]
    labels: Mapping[str, str]
    metrics: Mapping[str, str]
    meaning: Mapping[str, str]
    verdicts: Mapping[str, str]
    figures: Mapping[str, str]
    axes: Mapping[str, str]
    types: Mapping[str, str]
    why: tuple[tuple[str, str], ...] = ()

    def metric(self, name: str) -> str:
        """The name of a metric for a reader; its own name where there is no other."""
        return self.metrics.get(name, name)

    def type_name(self, name: str) -> str:
        """The name of a type of question for a reader; its own name where there is no other."""
        return self.types.get(name, name)

    def explain(self, why: str) -> str:
        """A row's `why` in this language."""
        for pattern, words in self.why:
            why = re.sub(pattern, words, why)
        return _lists_in_words(why)


def _lists_in_words(text: str) -> str:
    """`[['a', 'b'], ['c']]` as `a / b; c`."""
    for written, read in (("'], ['", "; "), ("', '", " / "), ("[['", ""), ("']]", "")):
        text = text.replace(written, read)
    return text


ENGLISH = Wording(
    code="en",
    title="Evaluation",
    contents={
        "metrics": "Figures",
        "pictures": "Pictures",
        "coverage": "Map of the report",
        "comparison": "Compared with an earlier result",
        "questions": "Questions",
        "settings": "Settings",
    },
    labels={
        "commit": "Commit",
        "unknown": "unknown",
        "metric": "Metric",
        "type": "Type",
        "now": "Now",
        "other": "Before",
        "difference": "Difference",
        "verdict": "In plain words",
        "pairs": "Questions",
        "retrieval": "Evidence in the passages",
        "answers": "Answers and citations",
        "totals": "Invalid citations and time",
        "brier": "Brier score of the confidence (0 is best, 0.25 a coin)",
        "area": "Area under the refusal curve (1 is best, 0.5 a coin)",
        "interval_note": "In brackets: 95 % interval over the questions (bootstrap).",
        "common": "{common} questions in both results, {left_out} in one only.",
        "became_right": "Became right",
        "became_wrong": "Became wrong",
        "none": "none",
        "asked": "Asked",
        "looked_up": "Looked up",
        "found": "Evidence found",
        "expected": "Expected",
        "evidence": "Evidence",
        "answered": "Answered",
        "cited": "Cited",
        "places": "First passages",
        "why": "Why it missed",
        "right": "right",
        "wrong": "wrong",
        "refused": "refused",
        "refusal_expected": "a refusal, since the report does not answer",
        "found_at": "rank {rank}",
        "not_found": "not in the first {cutoff} passages",
        "confidence": "Confidence",
        "milliseconds": "{ms} ms",
        "page": "p. {page}",
        "characters": "characters {start} to {end}",
        "missed_of": "{missed} of {all} questions are amiss; they come first.",
        "reached": "{reached} of {paragraphs} paragraphs",
        "chapter": "Chapter",
        "tested": "Tested",
        "cited_by_answers": "Cited",
        "real": "Real questions",
        "reached_share": "Reached",
        "counted": "Counted: the {tests} test questions of this run and {rated} other real"
        " questions that readers rated.",
        "counted_asked": "And the {asked} questions answered since this page was started: of these"
        " only how many came to a paragraph is kept, in memory, and no words.",
        "not_counted": "Not counted: questions that readers asked and did not rate. They are kept"
        " nowhere; the evaluation view counts those of the running page.",
        "no_chapter": "Before the first chapter",
        "paragraph": "{chapter}: {questions} test questions, {answers} answers to such,"
        " {rated} rated, {asked} asked. {text}",
    },
    metrics={
        "questions": "Questions",
        "answerable": "Answerable",
        "R@1": "Found in the first passage",
        "R@3": "Found in the first 3",
        "R@5": "Found in the first 5",
        "R@10": "Found in the first 10",
        "RR@10": "1 / first rank",
        "nDCG@10": "Order (nDCG@10)",
        "accuracy": "Answered right",
        "sentences": "Sentences cited",
        "citation_precision": "Citations that fit",
        "citation_recall": "Evidence cited",
        "citations_invalid": "Invalid citations",
        "unsupported": "Unsupported sentences",
        "refused_right": "Rightly refused",
        "refused_wrong": "Wrongly refused",
        "latency_mean_ms": "Milliseconds, mean",
        "latency_p50_ms": "Milliseconds, median",
        "latency_p95_ms": "Milliseconds, 95th percentile",
    },
    meaning={
        "R@5": "share of the evidence found within the first 5 passages",
        "accuracy": "share of the answerable questions answered right",
        "citation_precision": "share of the citations that match the evidence",
        "citation_recall": "share of the evidence that some citation matches",
        "refused_right": "share of the unanswerable questions that were refused",
        "refused_wrong": "share of the answerable questions that were refused; lower is better",
    },
    verdicts={
        "none": "no difference",
        "chance": "no real difference ({p})",
        "better": "better ({p})",
        "worse": "worse ({p})",
        "higher": "higher ({p})",
        "lower": "lower ({p})",
    },
    figures={
        "recall": "Evidence found within the first passages",
        "types": "By type of question",
        "refusal": "Refusals: right against wrong",
        "latency": "Time to an answer",
        "calibration": "Confidence against the truth",
        "coverage": "Paragraphs in reading order: dark, tested; light, cited by an answer only;"
        " with a dot, a reader's question came there; hollow without a dot, never reached",
        "published": "nDCG@10 among published models",
    },
    axes={
        "k": "passages looked at",
        "recall": "share of the evidence found",
        "share": "share",
        "wrong": "share of answerable questions refused",
        "right": "share of unanswerable questions refused",
        "operating": "as it ran",
        "milliseconds": "milliseconds",
        "questions": "questions",
        "median": "median {ms} ms",
        "slow": "95 % within {ms} ms",
        "confidence": "confidence",
        "answerable": "share that is answerable",
        "ideal": "ideal",
        "now": "now",
        "other": "before",
        "ndcg": "nDCG@10",
    },
    types={
        "all": "All",
        "english": "English on Chinese",
        "explain": "explanation",
        "factoid": "fact",
        "feedback": "from readers",
        "followup": "follow-up",
        "multi": "several places",
        "noisy": "with typos",
        "paraphrase": "other words",
        "unanswerable_far": "other subjects",
        "unanswerable_near": "near misses",
    },
)

CHINESE = Wording(
    code="zh",
    title="评测结果",
    contents={
        "metrics": "指标",
        "pictures": "图表",
        "coverage": "报告覆盖图",
        "comparison": "与先前结果对比",
        "questions": "逐题查看",
        "settings": "设置",
    },
    labels={
        "commit": "代码版本",
        "unknown": "未知",
        "metric": "指标",
        "type": "类型",
        "now": "本次",
        "other": "先前",
        "difference": "差值",
        "verdict": "结论",
        "pairs": "题数",
        "retrieval": "依据是否被找到",
        "answers": "回答与引用",
        "totals": "无效引用与用时",
        "brier": "把握的 Brier 分（0 最好，0.25 等于抛硬币）",
        "area": "拒答曲线下的面积（1 最好，0.5 等于抛硬币）",
        "interval_note": "方括号内是对题目重抽样（bootstrap）得到的 95% 区间。",
        "common": "两次都有的题 {common} 道，只在其中一次的 {left_out} 道。",
        "became_right": "由错变对",
        "became_wrong": "由对变错",
        "none": "无",
        "asked": "提问",
        "looked_up": "实际查的是",
        "found": "依据是否找到",
        "expected": "应答",
        "evidence": "依据原文",
        "answered": "回答",
        "cited": "引用",
        "places": "最先找到的段落",
        "why": "问题出在哪里",
        "right": "对",
        "wrong": "错",
        "refused": "未答",
        "refusal_expected": "应当拒答：报告里没有答案",
        "found_at": "第 {rank} 位",
        "not_found": "前 {cutoff} 段里没有",
        "confidence": "把握",
        "milliseconds": "{ms} 毫秒",
        "page": "第 {page} 页",
        "characters": "第 {start} 到 {end} 字",
        "missed_of": "{all} 道题中有 {missed} 道有问题，排在最前。",
        "reached": "{paragraphs} 段中的 {reached} 段",
        "chapter": "章",
        "tested": "有测试题",
        "cited_by_answers": "被回答引用",
        "real": "真实提问",
        "reached_share": "已到达",
        "counted": "图上算了本次的 {tests} 道测试题和读者评价过的另外 {rated} 个真实问题。",
        "counted_asked": "还有本页启动以来回答过的 {asked} 个问题：只在内存里记下每段被问到的次数，"
        "不留任何文字。",
        "not_counted": "读者问过而没有评价的问题不会留存，所以不算在内；"
        "运行中的页面的评测视图会计入。",
        "no_chapter": "第一章之前",
        "paragraph": "{chapter}：测试题 {questions} 道，其回答引用 {answers} 次，"
        "读者评价 {rated} 个，提问 {asked} 次。{text}",
    },
    metrics={
        "questions": "题数",
        "answerable": "报告能答",
        "R@1": "第 1 段就找到",
        "R@3": "前 3 段找到",
        "R@5": "前 5 段找到",
        "R@10": "前 10 段找到",
        "RR@10": "首个名次的倒数",
        "nDCG@10": "排序质量 nDCG@10",
        "accuracy": "答对",
        "sentences": "引用句数",
        "citation_precision": "引用准确",
        "citation_recall": "依据被引用",
        "citations_invalid": "无效引用",
        "unsupported": "未证实的句子",
        "refused_right": "该拒而拒",
        "refused_wrong": "不该拒而拒",
        "latency_mean_ms": "平均毫秒",
        "latency_p50_ms": "毫秒（中位）",
        "latency_p95_ms": "毫秒（95 分位）",
    },
    meaning={
        "R@5": "依据出现在前 5 段里的比例",
        "accuracy": "报告能答的题中答对的比例",
        "citation_precision": "引用中与依据相符的比例",
        "citation_recall": "依据中被某条引用对上的比例",
        "refused_right": "报告答不了的题中被拒答的比例",
        "refused_wrong": "报告能答的题中被拒答的比例，越低越好",
    },
    verdicts={
        "none": "没有变化",
        "chance": "看不出真实差别，可能只是碰巧（{p}）",
        "better": "确实变好（{p}）",
        "worse": "确实变差（{p}）",
        "higher": "确实变高（{p}）",
        "lower": "确实变低（{p}）",
    },
    figures={
        "recall": "看前几段能找到多少依据",
        "types": "各类题目",
        "refusal": "拒答：该拒的与不该拒的",
        "latency": "回答用时",
        "calibration": "把握与事实是否相符",
        "coverage": "按阅读顺序排列的段落：深色有测试题，浅色只被回答引用过，"
        "圆点表示有读者问到，空心无点从未到达",
        "published": "与公开模型的 nDCG@10 对比",
    },
    axes={
        "k": "查看的段落数",
        "recall": "找到的依据比例",
        "share": "比例",
        "wrong": "报告能答却被拒的比例",
        "right": "报告答不了而被拒的比例",
        "operating": "本次运行",
        "milliseconds": "毫秒",
        "questions": "题数",
        "median": "中位 {ms} 毫秒",
        "slow": "95% 在 {ms} 毫秒内",
        "confidence": "把握",
        "answerable": "报告确实能答的比例",
        "ideal": "理想",
        "now": "本次",
        "other": "先前",
        "ndcg": "nDCG@10",
    },
    types={
        "all": "全部",
        "english": "英文提问",
        "explain": "解释",
        "factoid": "事实",
        "feedback": "读者反馈",
        "followup": "追问",
        "list": "列举",
        "multi": "多处依据",
        "noisy": "有错字",
        "paraphrase": "换种说法",
        "summary": "概括",
        "unanswerable_far": "报告之外",
        "unanswerable_near": "似是而非",
    },
    why=(
        (r"answered although the report is silent", "报告没有说，却作了回答"),
        (r"refused although the report answers", "报告能答，却拒答了"),
        (r"evidence retrieved but not quoted", "找到了依据，却没有引用"),
        (r"key lists not met:", "答案缺少要点："),
        (r"evidence not in any report", "依据不在任何报告里"),
        (r"evidence not in the first (\d+) passages", r"前 \1 段里没有依据"),
        (r"evidence at rank (\d+)", r"依据排在第 \1 位"),
        (r" \((\d+) of (\d+) quotes\)", r"（\2 条中的 \1 条）"),
    ),
)

WORDINGS: Mapping[Language, Wording] = {"zh": CHINESE, "en": ENGLISH}
