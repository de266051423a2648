"""What programs get: answers and passages, typed, checked, over Gradio's API and over MCP."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from askreport.errors import ModelUnavailable
from askreport.web import api
from tests.e2e.conftest import ROOT, free_port

QUOTE = "它有一千个量子比特，是目前最多的。"
WITH_MCP = find_spec("mcp") is not None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("evals")
    process = start(folder, *(["--mcp"] if WITH_MCP else []))
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    process.stdout.close()


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-u", "-m", "tests.e2e.serve_evaluation"),
            *(str(free_port()), str(folder), *options),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, analytics_enabled=False)


def test_a_program_asks_in_one_call(client: Client) -> None:
    answer = client.predict("量子比特", api_name="/ask")
    assert answer["answer"] == f"{QUOTE}[1]"
    assert answer["refused"] is False
    assert answer["mode"] == "quote"
    (citation,) = answer["citations"]
    assert citation["quote"] == QUOTE
    assert (citation["number"], citation["chapter"], citation["page"]) == (1, "TOP1", 1)
    assert answer["passages"][0]["text"] == QUOTE
    assert set(answer["timings_ms"]) == {"retrieve", "answer", "total"}


def test_a_follow_up_brings_its_history(client: Client) -> None:
    history = [{"q": "芯片", "a": "有。"}]
    answer = client.predict("充电", history, api_name="/ask")
    assert answer["query"] == "芯片 充电"


def test_a_program_searches_in_one_call(client: Client) -> None:
    (first, *others) = client.predict("的", 2, api_name="/search")
    assert len(others) == 1
    assert set(first) == {"text", "start", "end", "chapter", "page", "score", "report"}
    assert first["end"] - first["start"] == len(first["text"])


@pytest.mark.parametrize(
    ("arguments", "endpoint", "message"),
    [
        (("",), "/ask", "empty"),
        ((" \n",), "/ask", "empty"),
        ((None,), "/ask", "empty"),
        ((["问"],), "/ask", "empty"),
        (("问" * 201,), "/ask", "201 characters, the most is 200"),
        (("问", "没有"), "/ask", "history"),
        (("问", [{"q": "问"}]), "/ask", "history"),
        (("问", [{"q": 1, "a": 2}]), "/ask", "history"),
        (("问", [{"q": "", "a": ""}] * 21), "/ask", "at most 20"),
        (("问", [{"q": "", "a": "答" * 20_001}]), "/ask", "longer"),
        (("问", 0), "/search", "1 to 100"),
        (("问", 101), "/search", "1 to 100"),
        (("问", True), "/search", "1 to 100"),
        (("问", "5"), "/search", "1 to 100"),
        (("@fail",), "/ask", "chat model cannot be reached"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    client: Client, arguments: tuple[Any, ...], endpoint: str, message: str
) -> None:
    with pytest.raises(AppError, match=message) as caught:
        client.predict(*arguments, api_name=endpoint)
    assert "\n" not in str(caught.value)


def test_a_defect_tells_no_detail(client: Client) -> None:
    with pytest.raises(AppError) as caught:
        client.predict("@crash", api_name="/ask")
    assert "a defect" not in str(caught.value)


def test_only_what_is_meant_for_programs_is_documented(client: Client, url: str) -> None:
    info = httpx.get(url + "gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/ask", "/search"}
    asked = info["named_endpoints"]["/ask"]["parameters"]
    assert [parameter["parameter_name"] for parameter in asked] == ["question", "history"]
    assert asked[0]["type"] == {"type": "string"}
    found = info["named_endpoints"]["/search"]["returns"][0]["type"]
    assert found["type"] == "array"


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'askreport\[mcp\]'"):
        api.require_mcp()


@pytest.mark.skipif(not WITH_MCP, reason="the extra mcp is not installed")
def test_an_mcp_client_asks_and_searches(url: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk() -> tuple[list[Any], Any, Any]:
        address = url + "gradio_api/mcp/"
        async with (
            streamable_http_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            answer = await session.call_tool("ask_report", {"question": "量子比特"})
            found = await session.call_tool("search_report", {"query": "的", "k": 2})
            return tools, answer, found

    tools, answer, found = asyncio.run(talk())
    assert {tool.name for tool in tools} == {"ask_report", "search_report"}
    assert all("report" in (tool.description or "") for tool in tools)
    assert not answer.isError
    assert QUOTE in answer.content[0].text
    assert not found.isError
    assert "TOP1" in found.content[0].text
