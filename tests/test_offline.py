"""Nothing needs a network: every command works where no interface but loopback exists.

The commands run in a network namespace of their own, where any other connection fails at once, look-ups
included; an attempt that were to wait for one would show as a failure or a timeout.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

# Runs inside the namespace: loopback is down there until somebody brings it up.
_LOOPBACK_UP = """
import fcntl, socket, struct
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 1, 0x8913, 0x8914
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    request = struct.pack("16sh14x", b"lo", 0)
    name, flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))
    fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
"""
_UNREACHABLE = """
import socket
for address in (("192.0.2.1", 80), ("198.51.100.1", 443)):
    with socket.socket() as outside:
        outside.settimeout(2)
        try:
            outside.connect(address)
        except OSError:
            continue
        raise SystemExit("the namespace has a way out")
"""
_PAGE = """
import subprocess, sys, time, urllib.request
from gradio_client import Client
server = subprocess.Popen(
    [sys.executable, "-m", "askreport", "chat", "--port", "7861", "--index-dir", sys.argv[1]]
)
try:
    for _ in range(600):
        try:
            page = urllib.request.urlopen("http://127.0.0.1:7861/").read().decode()
            break
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    answer = str(Client("http://127.0.0.1:7861/", verbose=False).predict("什么是低空经济？", api_name="/chat"))
    assert "新型经济形态" in answer, answer
finally:
    server.terminate()
    server.wait()
"""


def offline(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python code where there is loopback and nothing else."""
    unshare = ["unshare", "--net"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    whole = _LOOPBACK_UP + _UNREACHABLE + code
    result = subprocess.run(
        [*unshare, sys.executable, "-c", whole, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=300,
    )
    if "unshare:" in result.stderr:
        pytest.fail(f"network namespaces are not allowed here: {result.stderr.strip()}")
    return result


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "import sys\nfrom askreport.cli import main\nmain(sys.argv[1:])"
    return offline(code, *arguments)


def test_index_ask_search_and_eval_work_without_a_network(tmp_path: Path) -> None:
    index = ("--index-dir", tmp_path / "index")
    built = command("index", *index)
    assert built.returncode == 0, built.stderr
    asked = command("ask", "什么是低空经济？", "--json", *index)
    assert json.loads(asked.stdout)["citations"], asked.stderr
    assert command("search", "芯片", *index).returncode == 0
    questions = tmp_path / "q.jsonl"
    lines = (REPOSITORY / "evals" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions.write_text("\n".join(lines[:3]), encoding="utf-8")
    measured = command("eval", questions, *index)
    assert measured.returncode == 0, measured.stderr


def test_the_page_answers_without_a_network(report_index: Path) -> None:
    result = offline(_PAGE, report_index)
    assert result.returncode == 0, result.stderr[-2000:]


def test_a_model_that_would_have_to_be_downloaded_is_one_line(tmp_path: Path) -> None:
    result = command(
        "index", "--index-dir", tmp_path / "index", "--set", "embedding.model=nobody/nothing"
    )
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("askreport: Embedding model 'nobody/nothing'")
