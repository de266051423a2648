"""Serve the page with a fake assistant: python -m tests.e2e.serve PORT plain|hostile|two|long."""

import sys

from askreport.web import build_page, launch
from tests.e2e.fake_assistant import FakeAssistant
from tests.e2e.samples import (
    doubted_answer,
    hostile_answer,
    hostile_report,
    long_report,
    plain_report,
)


def make_assistant(kind: str) -> FakeAssistant:
    """The assistant of one kind of test."""
    if kind == "hostile":
        report = hostile_report()
        return FakeAssistant((report,), {"攻击": hostile_answer(report)})
    if kind == "long":
        return FakeAssistant((long_report(),))
    if kind == "two":
        return FakeAssistant((plain_report(), hostile_report()))
    report = plain_report()
    return FakeAssistant((report,), {"写的": doubted_answer(report)})


if __name__ == "__main__":
    page = build_page(
        make_assistant(sys.argv[2]),
        examples=["新芯片", "叠衣服", "Solid-state cells"],
        max_question_chars=200,
    )
    launch(page, host="127.0.0.1", port=int(sys.argv[1]), share=False, on_ready=print)
