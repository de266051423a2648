"""Where questions led, in counts: by paragraph, once per answer, anew with other reports."""

from askreport.schema import Answer, Citation, Report
from askreport.web.chat import Chat
from askreport.web.strings import CHINESE
from askreport.web.visits import Visits
from tests.e2e.fake_assistant import FakeAssistant
from tests.e2e.samples import hostile_report, plain_report

CHIP = "它有一千个量子比特，是目前最多的。"


def cited(report: Report, *places: tuple[int, int]) -> Answer:
    citations = tuple(
        Citation(number, report.text[start:end], start, end, None, None, report.name)
        for number, (start, end) in enumerate(places, start=1)
    )
    return Answer("?", "甲[1]", False, 0.9, "quote", citations)


def test_a_paragraph_is_counted_once_for_each_answer() -> None:
    report = plain_report()
    second, third = report.paragraphs[2], report.paragraphs[3]
    visits = Visits(lambda: (report,))
    visits.note(cited(report, (second.start, second.start + 3), (second.start + 3, second.end)))
    visits.note(cited(report, (second.end - 1, third.start + 1)))
    both = {(report.name, second.start): 2, (report.name, third.start): 1}
    assert visits.counted() == (both, 2)


def test_an_answer_that_cites_nothing_of_these_reports_is_not_counted() -> None:
    report = plain_report()
    visits = Visits(lambda: (report,))
    visits.note(Answer("?", "没有。", True, 0.1, "quote"))
    visits.note(cited(hostile_report(), (0, 5)))
    assert visits.counted() == ({}, 0)


def test_counting_begins_anew_with_other_reports() -> None:
    shown = [plain_report()]
    visits = Visits(lambda: tuple(shown))
    visits.note(cited(shown[0], (0, 3)))
    assert visits.counted() == ({(shown[0].name, 0): 1}, 1)
    shown[0] = hostile_report()
    assert visits.counted() == ({}, 0)


def test_the_chat_tells_of_each_whole_answer() -> None:
    report = plain_report()
    visits = Visits(lambda: (report,))
    chat = Chat(FakeAssistant((report,)), 100, "", visits.note)
    for question in ("量子比特", "没有的词", "@crash", ""):
        list(chat.respond(question, (), CHINESE.code))
    start = next(p.start for p in report.paragraphs if CHIP in report.text[p.start : p.end])
    assert visits.counted() == ({(report.name, start): 1}, 1)
