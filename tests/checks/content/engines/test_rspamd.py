"""What is asked of Rspamd and believed of it: a real one, alive, dead and slow, and servers that lie."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.http import Response
from gatepost.checks.content.engines.rspamd import FINDINGS, MAX_BODY, Rspamd, read_answer
from gatepost.checks.content.engines.settings import RspamdSettings
from gatepost.checks.content.engines.weighed import MAX_SYMBOLS, Weighed
from gatepost.checks.evidence import NoteEvidence, WeighedEvidence
from gatepost.checks.finding import Result
from gatepost.policy.known import KNOWN
from tests.checks.content.engines.asking import (
    LARGE,
    PLAIN,
    Make,
    flooding,
    health,
    look,
    look_at,
    reason,
    saying,
)
from tests.peers.rspamd import Rspamd as Running

peer = pytest.mark.peer("rspamd")


def at(address: str, **settings: Any) -> Make:
    return lambda dialer: Rspamd(
        RspamdSettings(address=address, **settings), dialer, asyncio.get_running_loop().time
    )


def lying(address: str, dialer: Any) -> Rspamd:
    settings = RspamdSettings(address=address, timeout=5)
    return Rspamd(settings, dialer, asyncio.get_running_loop().time)


def impatient(address: str, dialer: Any) -> Rspamd:
    settings = RspamdSettings(address=address, timeout=0.3)
    return Rspamd(settings, dialer, asyncio.get_running_loop().time)


def ok(body: bytes, *, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, body)


GOOD = b'{"action": "no action", "score": 0.1, "required_score": 15.0, "symbols": {}}'


@pytest.fixture(scope="module")
def rspamd(free_port: Callable[[], int]) -> Iterator[Running]:
    with Running(free_port()) as running:
        yield running


def test_an_action_is_what_the_answer_says_with_the_rules_that_weighed_most_first() -> None:
    body = {
        "action": "reject",
        "score": 15.504,
        "required_score": 15,
        "symbols": {"A": {"score": 1.0, "name": "A"}, "B": {"score": -14.5}, "C\n": {}},
    }
    answer = read_answer(Response(200, json.dumps(body).encode()))
    assert answer == Weighed(15.5, 15.0, "reject", (("B", -14.5), ("A", 1.0), ("C?", 0.0)))


def test_of_very_many_rules_those_that_weigh_most_are_kept() -> None:
    symbols = {f"R{n}": {"score": n / 10} for n in range(500)}
    answer = read_answer(Response(200, json.dumps({"action": "reject", "symbols": symbols}).encode()))
    assert isinstance(answer, Weighed)
    assert len(answer.symbols) == MAX_SYMBOLS
    assert answer.symbols[0] == ("R499", 49.9)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"", "no sense"),
        (200, b"{}", "names no action"),
        (200, b"[]", "no sense"),
        (200, b'{"action": 5}', "no sense"),
        (200, b'{"action": "reject", "score": "20"}', "no sense"),
        (200, b'{"action": "reject", "symbols": []}', "no sense"),
        (200, b'{"action": "reject", "score": 1e999}', ""),
        (200, b'{"action": "\\u001b"}', "names no action"),
        (200, b"[" * 100_000, "no sense"),
        (200, b'{"x":' * 100_000, "no sense"),
        (200, b'{"action": "no action", "is_skipped": true}', "skip"),
        (200, b'{"error": "too big"}', "too big"),
        (500, b'{"error": "cannot parse"}', "status 500: 'cannot parse'"),
        (404, b"<html>no</html>", "status 404"),
        (200, b"\xff\xfe", "no sense"),
    ],
)
def test_any_other_answer_is_an_outage_that_says_what_is_wrong(status: int, body: bytes, words: str) -> None:
    answer = read_answer(Response(status, body))
    if words:
        assert isinstance(answer, Outage)
        assert words in answer.reason
        assert answer.reason.isprintable()


@given(st.binary(max_size=300), st.integers(100, 599))
def test_nothing_but_a_good_answer_is_believed(body: bytes, status: int) -> None:
    answer = read_answer(Response(status, body))
    assert isinstance(answer, Outage) or status == 200


def test_each_action_has_a_row_of_policy() -> None:
    assert {name for name in FINDINGS.values() if name} < set(KNOWN)


@peer
def test_what_rspamd_lets_pass_is_clean_and_its_score_is_kept(rspamd: Running) -> None:
    [finding] = look(at(rspamd.address), PLAIN)
    assert finding.result is Result.CLEAN
    assert finding.check == "rspamd"
    [evidence] = finding.evidence
    assert evidence == WeighedEvidence(
        f"Rspamd at {rspamd.address}", 0.1, 15.0, "no action", (("TOLD", 0.1),)
    )


@peer
def test_rspamd_is_told_of_client_helo_and_envelope(rspamd: Running) -> None:
    [finding] = look(at(rspamd.address), PLAIN)
    assert "TOLD +0.1" in finding.evidence[0].words()


@peer
@pytest.mark.parametrize(
    ("words", "found", "score"),
    [
        (b"the beacon", "rspamd-reject", 10.0),
        (b"the foghorn", "rspamd-spam", 3.55),
        (b"come later", "rspamd-defer", 0.05),
    ],
)
def test_each_action_is_a_finding_with_the_score_by_its_weight(
    rspamd: Running, words: bytes, found: str, score: float
) -> None:
    [finding] = look(at(rspamd.address), PLAIN + words)
    assert (finding.result, finding.what, finding.score) == (Result.FOUND, found, score)


@peer
def test_the_weight_is_the_settings_and_0_leaves_the_score_out(rspamd: Running) -> None:
    [finding] = look(at(rspamd.address, weight=0), PLAIN + b"the beacon")
    assert (finding.what, finding.score) == ("rspamd-reject", 0.0)


@peer
def test_a_large_message_is_streamed(rspamd: Running) -> None:
    [finding] = look(at(rspamd.address), LARGE + b"the beacon")
    assert finding.what == "rspamd-reject"


@peer
def test_a_slow_rspamd_is_an_outage_in_time_and_asked_again_when_it_is_back(rspamd: Running) -> None:
    rspamd.pause()
    try:
        small, large = look(at(rspamd.address, timeout=0.3), PLAIN, LARGE * 20)
    finally:
        rspamd.resume()
    assert reason(small) == "no answer within 0.3 s (waiting for the answer)"
    assert reason(large) == "no answer within 0.3 s (sending)"
    [again] = look(at(rspamd.address), PLAIN)
    assert again.result is Result.CLEAN


@peer
def test_its_health_is_asked_by_a_ping(rspamd: Running) -> None:
    assert health(at(rspamd.address)) == ""


def test_a_dead_rspamd_is_an_outage(free_port: Callable[[], int]) -> None:
    address = f"127.0.0.1:{free_port()}"
    [finding] = look(at(address), PLAIN)
    assert reason(finding) == "cannot connect: Connection refused"
    assert health(at(address)) == "cannot connect: Connection refused"


def test_a_message_that_is_too_large_is_not_asked_about_and_says_so() -> None:
    [finding] = look(at("127.0.0.1:9", max_size=10), PLAIN)
    assert finding.result is Result.SKIPPED
    assert isinstance(finding.evidence[0], NoteEvidence)


def test_a_connection_that_stays_open_serves_one_message_after_the_other(tmp_path: Path) -> None:
    served: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(0)
        while head := await reader.readuntil(b"\r\n\r\n"):
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(size)
            served[-1] += 1
            writer.write(ok(GOOD))

    findings = look_at(serve, tmp_path, lying, PLAIN, LARGE, PLAIN)
    assert [finding.result for finding in findings] == [Result.CLEAN] * 3
    assert served == [3]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0" * 100,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        ok(GOOD, length=len(GOOD) + 1),
        ok(GOOD, length=len(GOOD) - 1),
        ok(GOOD[:-1]),
        ok(GOOD, length=10**12),
    ],
)
def test_a_lying_server_gives_an_outage(answer: bytes, tmp_path: Path) -> None:
    [finding] = look_at(saying(answer), tmp_path, lying, PLAIN)
    reason(finding)


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n", b"X-Y: zzzzzzz\r\n" * 5000),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 10_000),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    ],
)
def test_an_answer_without_end_is_broken_off_soon(begin: bytes, piece: bytes, tmp_path: Path) -> None:
    serve, sent = flooding(begin, piece, 16_384)  # up to a gigabyte
    [finding] = look_at(serve, tmp_path, lying, PLAIN)
    reason(finding)
    assert sent[0] * len(piece) < 8 * MAX_BODY + 8_000_000  # what the system holds for both sides included


def test_a_server_that_reads_and_says_nothing_is_given_up_in_time(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass

    [finding] = look_at(serve, tmp_path, impatient, LARGE)
    assert reason(finding) == "no answer within 0.3 s (waiting for the answer)"


def test_an_answer_before_the_end_of_the_message_is_not_believed(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ok(GOOD))
        await writer.drain()
        await reader.read(1)

    [finding] = look_at(serve, tmp_path, lying, LARGE * 20)
    assert "before it had all" in reason(finding) or "broke" in reason(finding)


def test_what_a_stranger_says_cannot_end_a_field(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from gatepost.checks.content.engines import rspamd
    from tests.checks.content.engines.asking import FACTS

    hostile = replace(FACTS, helo="x\r\nUser: admin\r\n\r\n\0 é" + "y" * 5000)
    fields = dict(rspamd._fields(hostile))
    assert not set(b"\r\n\0") & set(b"".join(fields.values()))
    assert len(fields[b"Helo"]) < 700
