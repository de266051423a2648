"""R4 to R7, R9: a page that is rebuilt under, crowded, overloaded, left, ended, asked for hours."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from askreport.web.page import CONCURRENT_ANSWERS
from askreport.web.serving import QUEUE_SIZE
from askreport.web.strings import CHINESE, ENGLISH
from tests.index_help import numbered
from tests.torture.readers import (
    Page,
    Reader,
    answers,
    ask_once,
    many,
    page,
    start_chat,
    start_page,
)
from tests.torture.rows import Tally, percentile, row
from tests.torture.shared import ENVIRONMENT, askreport, report_index

SECONDS_AT_50 = 5.0
END_SECONDS = 5.0
LEFT_SECONDS = 1.0  # for what the builder started to end after it
SLACK = 4.0  # times as long for the small counts, beside other work on the machine
GROWTH_MIB = 50.0
SLOWDOWN = 1.2
PATIENCE_SECONDS = 15.0


async def _crowd(
    served: Page, people: int, questions: int, tally: Tally
) -> tuple[list[float], int]:
    """Everybody asks at once, each one question after the other, and again where the page is busy.

    Returns the seconds of every answer and how often the page said that it is busy.
    """
    function, refused = served.function("chat"), 0
    seconds: list[float] = []
    async with many() as client:

        async def read(number: int) -> None:
            nonlocal refused
            reader = Reader(client, served.url, function, f"reader{number}")
            expected: list[str] = []
            for turn in range(questions):
                expected.append(f"answer to token-{number}-{turn}-")
                html, started = "", time.monotonic()
                while not html and time.monotonic() - started < 8 * PATIENCE_SECONDS:
                    html = await reader.ask(f"echo token-{number}-{turn}-")
                    if not html:
                        refused += 1
                        await asyncio.sleep(1)
                seconds.append(time.monotonic() - started)
                tally.check(answers(html) == expected, f"{expected[-1]!r}: {answers(html)}")

        await asyncio.gather(*(read(number) for number in range(people)))
    return seconds, refused


@row("R5", "0 lost, 0 crossed, 0 hung; 95 % under 5 s", quick=60, full=200)
def fifty_readers_with_four_questions(count: int, tally: Tally, folder: Path) -> None:
    with page(folder) as served:
        seconds, refused = asyncio.run(_crowd(served, min(50, count // 4), 4, tally))
    slow = percentile(seconds, 0.95)
    tally.figures["median, 95 %"] = f"{percentile(seconds, 0.5):.1f} s, {slow:.1f} s"
    if refused:
        tally.failures.append(f"the page said {refused} times that it is busy")
    if count >= 200 and slow > SECONDS_AT_50:
        tally.failures.append(f"95 % of the answers came within {slow:.1f} s")


@row("R5", "every one is answered or refused, 0 crossed, 0 hung", quick=160, full=400)
def two_hundred_readers_with_two_questions(count: int, tally: Tally, folder: Path) -> None:
    with page(folder) as served:
        _, refused = asyncio.run(_crowd(served, count // 2, 2, tally))
    tally.figures["asked again after a refusal"] = str(refused)


# -- R6


@row("R6", "each is answered or refused in the reader's words, none hangs", quick=100, full=200)
def more_questions_than_places(count: int, tally: Tally, folder: Path) -> None:
    with page(folder) as served:
        refused = asyncio.run(_overload(served, count, tally))
    tally.figures["refused"] = str(refused)
    if count > CONCURRENT_ANSWERS + QUEUE_SIZE and not refused:
        tally.failures.append("nobody was refused: the page was not overloaded")


async def _overload(served: Page, count: int, tally: Tally) -> int:
    function, refused, told = served.function("chat"), 0, 0
    async with many() as client:
        holders = [Reader(client, served.url, function, f"h{n}") for n in range(CONCURRENT_ANSWERS)]
        for number, holder in enumerate(holders):
            await holder.join(f"hold {number}")
        listening = [asyncio.create_task(_listen(holder)) for holder in holders]

        async def read(number: int) -> None:
            nonlocal refused, told
            reader = Reader(client, served.url, function, f"r{number}")
            language = ("zh-CN,zh;q=0.9", "en-US,en;q=0.8")[number % 2]
            answer = await reader.join(f"echo {number}", language)
            told += 1
            if answer.status_code == 200:
                texts = [m async for m in reader.messages() if m["msg"] == "process_completed"]
                html = str(texts[-1]["output"]["data"][0])
                tally.check(answers(html) == [f"answer to {number}"], f"{number}: {answers(html)}")
                return
            refused += 1
            expected = (CHINESE, ENGLISH)[number % 2].overloaded
            detail = answer.json().get("detail")
            tally.check(answer.status_code == 429 and detail == expected, f"{number}: {detail!r}")

        readers = [asyncio.create_task(read(number)) for number in range(count)]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while told < count and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        for task in listening:  # the holders close their browsers, and the others get their places
            task.cancel()
        await asyncio.gather(*readers)
    return refused


async def _listen(reader: Reader) -> None:
    async for _ in reader.messages():
        pass


@row("R6", "a closed browser frees its place: every answer in the making ends", quick=16, full=100)
def browsers_closed_in_mid_answer(count: int, tally: Tally, folder: Path) -> None:
    with page(folder) as served:
        function = served.function("chat")
        for first in range(0, count, CONCURRENT_ANSWERS):
            leaving = min(CONCURRENT_ANSWERS, count - first)
            asyncio.run(_leave(served, function, first, leaving))
            deadline = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < deadline:
                begun, ended = _held(served, function)
                if begun == ended == first + leaving:
                    break
                time.sleep(0.2)
            for number in range(first, first + leaving):
                tally.check(
                    ended > number, f"answer {number} goes on: {begun} begun, {ended} ended"
                )


def _held(served: Page, function: int) -> tuple[int, int]:
    begun, ended = ask_once(served.url, function, f"q{time.monotonic_ns()}", "held").split()
    return int(begun), int(ended)


async def _leave(served: Page, function: int, first: int, leaving: int) -> None:
    async with many() as client:

        async def start_and_go(number: int) -> None:
            reader = Reader(client, served.url, function, f"leaver{first + number}")
            await reader.join(f"hold {number}")
            seen = 0
            async for message in reader.messages():
                seen += message["msg"] == "process_generating"
                if seen == 3:
                    return

        await asyncio.gather(*(start_and_go(number) for number in range(leaving)))


# -- R7


def _seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


@row("R7", "the page ends within 5 s with status 0, in mid-answer too", quick=3, full=25)
def signals_while_answering(count: int, tally: Tally, folder: Path) -> None:
    words = ("slow", "hold x", "echo x")
    most_seconds = END_SECONDS * (1.0 if count >= 25 else SLACK)
    for number in range(count):
        signal_number = (signal.SIGTERM, signal.SIGINT)[number % 2]
        served = start_page(folder)
        function = served.function("chat")

        async def ask(word: str, served: Page = served, function: int = function) -> None:
            async with many() as client:
                await Reader(client, served.url, function, "s").join(word)

        asyncio.run(ask(words[number % 3]))
        time.sleep(0.1 + 0.2 * (number % 5))
        with tally.attempt(f"{signal_number.name} during {words[number % 3]!r}"):
            started = time.monotonic()
            assert served.end(signal_number, most_seconds) == 0
            assert time.monotonic() - started < most_seconds
        served.end()


@row("R7", "`index` ends within 5 s; no torn index, no process left over", quick=3, full=25)
def signals_while_building(count: int, tally: Tally, folder: Path) -> None:
    report, directory = folder / "small.txt", folder / "index"
    report.write_text("\n".join(numbered(200)), encoding="utf-8")
    command = ["index", str(report), "--index-dir", str(directory)]
    whole = _seconds(lambda: askreport(*command))
    for number in range(count):
        report.write_text("\n".join(numbered(200, f"词{number}")), encoding="utf-8")
        builder = subprocess.Popen(
            [sys.executable, "-m", "askreport", *command],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(whole * (0.3 + 0.7 * (number + 1) / (count + 1)))
        builder.send_signal((signal.SIGTERM, signal.SIGINT)[number % 2])
        with tally.attempt(f"signal {number}"):
            seconds = _seconds(lambda builder=builder: builder.communicate(timeout=30))
            assert seconds < END_SECONDS * (1.0 if count >= 25 else SLACK), f"{seconds:.1f} s"
            # -15 and -2: before our handler stood, or after everything was done
            assert builder.returncode in (0, 130, 143, -15, -2), builder.returncode
            found = _left_over(builder.pid, LEFT_SECONDS * (1.0 if count >= 25 else SLACK))
            assert not found, f"still there: {found}"
            asked = askreport("search", "词", "--index-dir", directory)
            assert asked.returncode == 0, asked.stderr
            now = json.loads((directory / "CURRENT.json").read_text())["generation"]
            kept = {path.name for path in directory.glob("gen-*")}
            assert len(kept) <= 2, kept
            assert {now} <= kept


def _left_over(session: int, seconds: float) -> list[str]:
    """State and command line of the processes of a session that do not end within `seconds`."""
    deadline = time.monotonic() + seconds
    while (found := _processes_of(session)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _processes_of(session: int) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and _session_of(process) == session:
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                found.append(f"{state} {(process / 'cmdline').read_text()}")
        except OSError:
            continue  # it ended meanwhile
    return found


def _session_of(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[3])


# -- R4, R9


@row(
    "R4",
    "the page answers all the while and shows the new index, without a restart",
    quick=2,
    full=20,
)
def rebuilds_under_a_running_page(count: int, tally: Tally, folder: Path) -> None:
    report = folder / "reports" / "small.txt"
    report.parent.mkdir()

    def write(number: int) -> None:
        report.write_text(f"测试仪器的编号是{number}号。\n这句话写别的事情。\n", encoding="utf-8")

    write(0)
    served = start_chat(folder)
    try:
        function = served.function("chat")
        for number in range(1, count + 1):
            write(number)
            allowed = {str(number - 1), str(number)}
            builder = subprocess.Popen(
                [sys.executable, "-m", "askreport", "index"],
                cwd=folder,
                env=ENVIRONMENT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            with tally.attempt(f"rebuild {number}"):
                asked = 0
                while builder.poll() is None:
                    assert _told(served, function) in allowed
                    asked += 1
                assert builder.communicate()[1] == b""
                assert asked
                assert _told(served, function) == str(number)
    finally:
        served.end()


def _told(served: Page, function: int) -> str:
    said = ask_once(served.url, function, f"s{time.monotonic_ns()}", "测试仪器的编号是多少？")
    return said.partition("编号是")[2].partition("号")[0]


@row(
    "R9",
    "at most 50 MiB more after the first 500, the last 1000 at most 1.2 as slow",
    quick=120,
    full=10_000,
)
def questions_in_one_server(count: int, tally: Tally, folder: Path) -> None:
    served = start_chat(folder, "--index-dir", report_index(), "--set", "reports.folder=none")
    try:
        asyncio.run(_soak(served, count, tally))
    finally:
        served.end()


async def _soak(served: Page, count: int, tally: Tally) -> None:
    function, warm = served.function("chat"), min(500, count // 2)
    window = min(1000, count // 4)
    questions = (
        "什么是低空经济？",
        "芯片",
        "明天会下雨吗？",
        "What is a digital twin?",
        "其他呢？",
    )
    seconds: list[float] = []
    rss = 0.0
    async with many() as client:

        async def ask(number: int) -> None:
            reader = Reader(client, served.url, function, f"soak{number // 5}")
            started = time.monotonic()
            html = await reader.ask(questions[number % 5])
            seconds.append(time.monotonic() - started)
            found = answers(html)
            tally.check(len(found) == number % 5 + 1 and all(found), f"{number}: {found}"[:200])

        for first in range(0, count, 20):  # four conversations of five questions at a time
            for turn in range(5):
                await _together([lambda n=first + c * 5 + turn: ask(n) for c in range(4)])
            if first < warm <= first + 20:
                rss = served.rss_mib()
    grown = served.rss_mib() - rss
    early, late = percentile(seconds[:window], 0.95), percentile(seconds[-window:], 0.95)
    tally.figures["memory after the first"] = f"{rss:.0f} MiB, {grown:+.0f} MiB at the end"
    tally.figures["95 % first, last"] = f"{early * 1000:.0f} ms, {late * 1000:.0f} ms"
    if grown > GROWTH_MIB:
        tally.failures.append(f"{grown:.0f} MiB more than after {warm} questions")
    if count >= 2000 and late > SLOWDOWN * early:
        tally.failures.append(f"95 % within {late:.2f} s at the end, {early:.2f} s at first")


async def _together(calls: list[Callable[[], Awaitable[None]]]) -> None:
    await asyncio.gather(*(call() for call in calls))
