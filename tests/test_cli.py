"""The command line: exit statuses, one-line errors, JSON, batches. In a process of its own each."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from askreport.cli.asking import print_answer
from askreport.schema import Answer, Unsupported

COMMANDS = ("index", "chat", "ask", "search", "eval", "benchmark")
HEAVY = ("chromadb", "gradio", "langchain", "langchain_core", "numpy", "torch")


def askreport(
    *arguments: str | Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "askreport", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=300,
    )


def failed_in_one_line(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("askreport: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_common_options(command: str) -> None:
    result = askreport(command, "--help")
    assert result.returncode == 0
    for option in ("--index-dir", "--config", "--help"):
        assert option in result.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom askreport.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"sys.exit(str([name for name in {HEAVY!r} if name in sys.modules] or ''))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stderr.strip() == ""


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["ask"], ["ask", "q", "--batch", "f"], ["search"], ["ask", "q", "--no"]],
)
def test_wrong_usage_is_status_2(arguments: Sequence[str]) -> None:
    assert askreport(*arguments).returncode == 2


def test_no_index_tells_what_to_do(tmp_path: Path) -> None:
    result = askreport("ask", "什么是低空经济？", "--index-dir", tmp_path / "none")
    failed_in_one_line(result, "No index", "askreport index")
    assert not (tmp_path / "none").exists()


def test_other_encodings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "gbk.txt"
    file.write_bytes("低空经济是指利用低空空域资源的经济形态。\n".encode("gbk"))
    assert askreport("index", file, "--index-dir", tmp_path / "index").returncode == 0
    found = askreport("search", "低空", "--json", "--index-dir", tmp_path / "index")
    assert json.loads(found.stdout)[0]["text"] == "低空经济是指利用低空空域资源的经济形态。"


def test_settings_are_refused_by_name(report_index: Path, tmp_path: Path) -> None:
    common = ("--index-dir", report_index)
    failed_in_one_line(askreport("ask", "q", "--set", "retrieval.kk=1", *common), "retrieval.kk")
    failed_in_one_line(askreport("ask", "q", *common, ASKREPORT_RETRIEVAL__X="1"), "retrieval.x")
    failed_in_one_line(askreport("ask", "q", "--config", tmp_path / "no.toml", *common), "no.toml")


def test_questions_that_cannot_be_asked(report_index: Path) -> None:
    failed_in_one_line(askreport("ask", "", "--index-dir", report_index), "empty")
    failed_in_one_line(askreport("ask", "问" * 40_000, "--index-dir", report_index), "40000")


def test_a_notice_and_what_nothing_bears_out_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    doubted = (Unsupported(0, 6, "number", ("99", "7")), Unsupported(6, 8, "uncited"))
    answer = Answer(
        "问", "有99[1]丙。", False, 1.0, "write", unsupported=doubted, notice="太\x1b长"
    )
    print_answer(replace(answer, query="问"))
    told = capsys.readouterr()
    assert told.err == "太 长\n"
    assert told.out.splitlines() == [
        "有99[1]丙。",
        "  Not supported (number: 99, 7): 有99[1]",
        "  Not supported (uncited): 丙。",
    ]


def test_ask_prints_an_answer_or_json(report_index: Path) -> None:
    plain = askreport("ask", "什么是零知识证明？", "--index-dir", report_index)
    assert plain.returncode == 0
    assert "[1]" in plain.stdout
    answer = json.loads(
        askreport("ask", "什么是零知识证明？", "--json", "--index-dir", report_index).stdout
    )
    assert answer["citations"][0]["report"] == "it-trends-2024.txt"


def test_a_batch_is_answered_line_by_line_and_a_bad_question_ends_nothing(
    report_index: Path, tmp_path: Path
) -> None:
    file = tmp_path / "batch.jsonl"
    lines = [
        {"id": "a", "question": "什么是低空经济？"},
        {
            "id": "b",
            "question": "它的市场规模多大？",
            "history": [{"q": "什么是低空经济？", "a": "…"}],
        },
        {"id": "c", "question": " "},
        {"id": "d", "question": "红烧排骨怎么做？"},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    result = askreport("ask", "--batch", file, "--index-dir", report_index)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d"]
    assert answers[1]["query"].startswith("什么是低空经济？")
    assert answers[2]["refused"]


@pytest.mark.parametrize("content", ["{", '{"id": "a"}', "[]", '{"id":"a","question":3}'])
def test_a_bad_batch_is_one_line(report_index: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "batch.jsonl"
    file.write_text(content)
    failed_in_one_line(askreport("ask", "--batch", file, "--index-dir", report_index), "line 1")


def test_the_terminal_gets_no_control_characters(tmp_path: Path) -> None:
    report = tmp_path / "hostile.txt"
    report.write_text("公司的总部\x1b]0;x\x07在上海\x1b[31m。\n另一句话。\n", encoding="utf-8")
    index = tmp_path / "index"
    built = askreport("index", report, "--index-dir", index)
    if built.returncode == 0:
        asked = askreport("ask", "公司的总部在哪里？", "--index-dir", index)
        assert "\x1b" not in asked.stdout + asked.stderr
    assert "\x1b" not in built.stdout + built.stderr


def test_eval_writes_and_compares_results(report_index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    first = (Path(__file__).parents[1] / "evals" / "questions.jsonl").read_text(encoding="utf-8")
    questions.write_text("\n".join(first.splitlines()[:5]), encoding="utf-8")
    out = tmp_path / "out.json"
    common = ("--index-dir", report_index)
    assert askreport("eval", questions, "--json", out, *common).returncode == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert {"settings", "commit", "metrics", "questions"} <= set(result)
    assert result["metrics"]["all"]["R@5"] is not None
    again = askreport("eval", questions, "--compare", out, "--set", "retrieval.k=5", *common)
    assert again.returncode == 0, again.stderr


def test_benchmark_measures_three_retrievers(tmp_path: Path) -> None:
    file = tmp_path / "squad.json"
    paragraphs = [
        {"context": text, "qas": [{"id": str(n), "question": question, "answers": []}]}
        for n, (text, question) in enumerate(
            [("猫吃鱼。", "猫吃什么？"), ("狗追球。", "狗追什么？"), ("鸟会飞。", "鸟会什么？")]
        )
    ]
    file.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}))
    out = tmp_path / "out.json"
    result = askreport("benchmark", file, "--json", out)
    assert result.returncode == 0, result.stderr
    figures = json.loads(out.read_text())
    assert figures["passages"] == figures["questions"] == 3
    assert set(figures["metrics"]) == {"dense", "lexical", "hybrid"}
    assert figures["metrics"]["lexical"]["R@1"] == 1
