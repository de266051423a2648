"""Feedback becomes a test question that the strict reader takes."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from askreport.errors import AskReportError, QuestionsUnreadable
from askreport.evaluation.questions import QUESTION_FIELDS, read_questions
from askreport.schema import Answer, Report, Span, Turn
from askreport.web import feedback, question_file
from askreport.web.feedback import Feedback, FeedbackInvalid, as_test_question, distinctive_parts
from askreport.web.feedback_panel import note_on
from askreport.web.question_file import QuestionFile
from askreport.web.rendering import Exchange
from askreport.web.strings import CHINESE, ENGLISH
from tests.e2e.fake_assistant import REFUSAL, cite
from tests.e2e.samples import plain_report

REPORT = plain_report()
QUOTE = "它有一千个量子比特，是目前最多的。"


def place(quote: str, report: Report = REPORT) -> Span:
    start = report.text.index(quote)
    return Span(start, start + len(quote))


def answered(question: str = "多少量子比特？", quote: str = QUOTE) -> Answer:
    citation = cite(REPORT, place(quote), 1)
    return Answer(question, f"{quote}[1]", False, 0.9, "quote", (citation,))


def refused(question: str = "多少钱？") -> Answer:
    return Answer(question, REFUSAL, True, 0.1, "quote")


def sent(verdict: str, **others: Any) -> dict[str, Any]:
    return {"exchange": 0, "question": "多少量子比特？", "verdict": verdict, **others}


@pytest.fixture
def file(tmp_path: Path) -> QuestionFile:
    return QuestionFile(tmp_path / "evals" / "feedback.jsonl", "feedback")


def test_a_thumb_up_keeps_the_answers_own_quotes(file: QuestionFile) -> None:
    feedback.keep(file, Feedback("good"), answered(), (), (REPORT,))
    (row,) = read_questions(file.path)
    assert row.id == "feedback-001"
    assert row.question == "多少量子比特？"
    assert row.lang == "zh"
    assert row.type == "feedback"
    assert row.section == "TOP1"
    assert row.evidence == (QUOTE,)
    assert row.answer == QUOTE
    assert row.answer_keys == (("它有一千个量子比特",),)
    assert set(json.loads(file.path.read_text("utf-8"))) == set(QUESTION_FIELDS)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (Feedback("should_refuse"), answered()),
        (Feedback("should_refuse", "无用", 0, place(QUOTE)), answered()),
        (Feedback("good"), refused()),
    ],
    ids=["told", "told with a place", "a refusal that was right"],
)
def test_a_right_refusal_has_no_evidence(
    file: QuestionFile, given: Feedback, answer: Answer
) -> None:
    feedback.keep(file, given, answer, (), (REPORT,))
    (row,) = read_questions(file.path)
    assert (row.evidence, row.answer, row.answer_keys, row.section) == ((), None, (), None)


@pytest.mark.parametrize("verdict", ["wrong_answer", "wrong_place", "should_answer"])
def test_the_right_place_is_the_slice_of_the_report(file: QuestionFile, verdict: Any) -> None:
    wider = Span(place(QUOTE).start, place(QUOTE).end + 2)  # with the line feeds after it
    given = Feedback(verdict, " 一千个 ", 0, wider)
    feedback.keep(file, given, refused(), [Turn("芯片呢？", "有。[1]")], (REPORT,))
    (row,) = read_questions(file.path)
    assert row.evidence[0] in REPORT.text
    assert row.evidence[0].startswith(QUOTE)
    assert row.answer == "一千个"
    assert row.section == "TOP1"
    assert row.history == (Turn("芯片呢？", "有。[1]"),)


def test_without_a_comment_the_quote_is_the_right_answer() -> None:
    row = as_test_question(Feedback("wrong_answer", "", 0, place(QUOTE)), answered(), (), (REPORT,))
    assert row.answer == QUOTE


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (Feedback("wrong_place"), "no_place"),
        (Feedback("wrong_place", "", 1, Span(0, 3)), "no_place"),
        (Feedback("wrong_place", "", -1, Span(0, 3)), "no_place"),
        (Feedback("wrong_place", "", 0, Span(-3, 3)), "no_place"),
        (Feedback("wrong_place", "", 0, Span(3, 3)), "no_place"),
        (Feedback("wrong_place", "", 0, Span(0, 10**9)), "no_place"),
        (Feedback("wrong_place", "", 0, Span(9, 11)), "no_place"),  # line feeds only
        (Feedback("wrong_place", "", 0, Span(0, 1001)), "too_long"),
    ],
)
def test_a_place_must_be_a_fair_slice_of_a_report(given: Feedback, reason: str) -> None:
    assert REPORT.text[9:11] == "\n\n"
    report = replace(REPORT, text=REPORT.text + "长" * 2000)
    with pytest.raises(FeedbackInvalid) as caught:
        as_test_question(given, answered(), (), (report,))
    assert caught.value.reason == reason


def test_an_answer_without_sources_makes_no_question() -> None:
    bare = Answer("问", "答", False, 0.9, "write")
    with pytest.raises(FeedbackInvalid, match="no_sources"):
        as_test_question(Feedback("good"), bare, (), (REPORT,))


def test_a_quote_that_no_report_holds_is_no_evidence() -> None:
    (citation,) = answered().citations
    for forged in (replace(citation, quote="伪造"), replace(citation, report="别的")):
        answer = replace(answered(), citations=(forged,))
        with pytest.raises(FeedbackInvalid, match="no_sources"):
            as_test_question(Feedback("good"), answer, (), (REPORT,))


def test_an_overlong_question_is_refused() -> None:
    with pytest.raises(FeedbackInvalid, match="too_long"):
        as_test_question(Feedback("good"), answered("问" * 4001), (), (REPORT,))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "good",
        {},
        sent("bad"),
        sent("good") | {"exchange": "0"},
        sent("good") | {"exchange": True},
        sent("good") | {"question": None},
        sent("good", comment=3),
        sent("wrong_place", place=[0, 1]),
        sent("wrong_place", place=[0, 1.5, 2]),
        sent("wrong_place", place=[0, True, 2]),
        sent("wrong_place", place={"report": 0}),
    ],
)
def test_what_the_page_would_not_send_is_refused(value: object) -> None:
    with pytest.raises(FeedbackInvalid, match="unknown"):
        feedback.from_browser(value)


def test_a_long_comment_is_refused() -> None:
    with pytest.raises(FeedbackInvalid, match="too_long"):
        feedback.from_browser(sent("good", comment="长" * 501))


@pytest.mark.parametrize(
    ("quote", "parts"),
    [
        ("2023年12月4日，IBM公司推出Heron", ("2023", "12", "IBM", "Heron")),
        ("量子体积达到65,536，提高了7%", ("65,536", "7%")),
        ("H2 由 Quantinuum 推出", ("H2", "Quantinuum")),
        ("它叠衣服，只用了一个下午。", ("只用了一个下午",)),
        ("Solid-state cells", ("Solid",)),
        ("下午", ("下午",)),
        ("。", ("。",)),
    ],
)
def test_distinctive_parts(quote: str, parts: tuple[str, ...]) -> None:
    assert distinctive_parts(quote) == parts


def test_the_same_question_is_kept_once_and_the_last_word_counts(file: QuestionFile) -> None:
    feedback.keep(file, Feedback("good"), answered(), (), (REPORT,))
    feedback.keep(file, Feedback("good"), answered("另一问"), (), (REPORT,))
    feedback.keep(file, Feedback("should_refuse"), answered("多少 量子比特？"), (), (REPORT,))
    first, second = read_questions(file.path)
    assert (first.id, first.evidence) == ("feedback-001", ())
    assert (second.id, second.question) == ("feedback-002", "另一问")


def test_the_same_words_after_another_conversation_are_another_question(
    file: QuestionFile,
) -> None:
    feedback.keep(file, Feedback("good"), answered("那第二名呢？"), [Turn("甲？", "")], (REPORT,))
    feedback.keep(file, Feedback("good"), answered("那第二名呢？"), [Turn("乙？", "")], (REPORT,))
    assert len(read_questions(file.path)) == 2


def test_many_people_at_once_lose_nothing(file: QuestionFile) -> None:
    def tell(number: int) -> None:
        own = QuestionFile(file.path, "feedback")
        feedback.keep(own, Feedback("good"), answered(f"第{number}问"), (), (REPORT,))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(tell, range(40)))
    rows = read_questions(file.path)
    assert {row.question for row in rows} == {f"第{number}问" for number in range(40)}
    assert [row.id for row in rows] == [f"feedback-{number:03d}" for number in range(1, 41)]
    assert {path.name for path in file.path.parent.iterdir()} == {
        "feedback.jsonl",
        ".feedback.jsonl.lock",
    }


def test_half_a_surrogate_pair_can_be_kept(file: QuestionFile) -> None:
    history = [Turn("\ud800甲", "\udfff")]
    feedback.keep(file, Feedback("good"), answered("问\ud800"), history, (REPORT,))
    assert read_questions(file.path)[0].question == "问?"


def test_ids_go_on_after_a_gap_and_a_question_can_be_taken_out(file: QuestionFile) -> None:
    for question in ("甲", "乙", "丙"):
        feedback.keep(file, Feedback("good"), answered(question), (), (REPORT,))
    taken = file.take("feedback-002")
    assert taken is not None
    assert taken.question == "乙"
    assert file.take("feedback-002") is None
    kept = file.put(taken)
    assert kept.id == "feedback-004"
    for row in file.read():
        file.take(row.id)
    assert file.read() == ()


def test_a_broken_file_is_left_as_it_is(file: QuestionFile) -> None:
    file.path.parent.mkdir()
    file.path.write_text("{broken\n")
    with pytest.raises(QuestionsUnreadable):
        feedback.keep(file, Feedback("good"), answered(), (), (REPORT,))
    assert file.path.read_text() == "{broken\n"


def test_a_full_file_takes_no_more(file: QuestionFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_file, "MOST_QUESTIONS", 1)
    feedback.keep(file, Feedback("good"), answered("甲"), (), (REPORT,))
    with pytest.raises(AskReportError, match="full"):
        feedback.keep(file, Feedback("good"), answered("乙"), (), (REPORT,))


def test_a_folder_that_cannot_be_made_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "evals").write_text("")
    blocked = QuestionFile(tmp_path / "evals" / "feedback.jsonl", "feedback")
    with pytest.raises(AskReportError, match="Cannot write"):
        feedback.keep(blocked, Feedback("good"), answered(), (), (REPORT,))


def test_the_page_says_what_became_of_it(file: QuestionFile) -> None:
    exchanges = (Exchange("多少量子比特？", answered(), done=True),)
    note = note_on(sent("good"), exchanges, CHINESE, file, (REPORT,))
    assert CHINESE.feedback_thanks in note
    assert 'data-kept="yes"' in note
    assert len(file.read()) == 1
    note = note_on(sent("wrong_place"), exchanges, ENGLISH, file, (REPORT,))
    assert ENGLISH.feedback_problems["no_place"] in note
    assert 'data-kept="no"' in note


@pytest.mark.parametrize(
    "value",
    [
        sent("good") | {"exchange": 1},
        sent("good") | {"exchange": -1},
        sent("good") | {"question": "别的"},
        "<script>",
    ],
)
def test_feedback_is_kept_only_on_what_was_answered_in_this_conversation(
    file: QuestionFile, value: object
) -> None:
    exchanges = (Exchange("多少量子比特？", answered(), done=True),)
    note = note_on(value, exchanges, ENGLISH, file, (REPORT,))
    assert ENGLISH.feedback_problems["unknown"] in note
    assert not file.path.exists()


def test_every_reason_has_words_in_both_languages() -> None:
    for strings in (CHINESE, ENGLISH):
        assert set(strings.feedback_problems) == {
            "no_place", "no_sources", "too_long", "unknown", "not_kept",
        }  # fmt: skip
        assert set(strings.feedback_verdicts) == set(feedback.VERDICTS) - {"good"}
