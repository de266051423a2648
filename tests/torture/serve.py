"""Serve the page with the stub: python -m tests.torture.serve PORT SINK FEEDBACK_FILE.

`SINK` is an address that nothing may ask; the hostile answers point there.
"""

import sys
from pathlib import Path

from askreport.web import QuestionFile, build_page, launch
from tests.e2e.samples import make_report
from tests.torture.hostile import payloads
from tests.torture.stub import StubAssistant

if __name__ == "__main__":
    port, sink, feedback = sys.argv[1:]
    texts = payloads(sink)
    report = make_report("hostile.txt", {"TOP1：一": [f"{text}。" for text in texts]})
    assistant = StubAssistant((report,), texts)
    page = build_page(
        assistant,
        examples=["echo 1"],
        max_question_chars=2000,
        programs=assistant,
        feedback=QuestionFile(Path(feedback), "feedback"),
    )
    launch(page, host="127.0.0.1", port=int(port), share=False, on_ready=print)
