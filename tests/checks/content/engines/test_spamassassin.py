"""What is asked of spamd and believed of it: a real one, alive, dead and slow, and servers that lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.settings import SpamAssassinSettings
from gatepost.checks.content.engines.spamassassin import MAX_REPORT, SpamAssassin, read_answer
from gatepost.checks.content.engines.weighed import Weighed
from gatepost.checks.evidence import WeighedEvidence
from gatepost.checks.finding import Result
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
from tests.peers.spamd import Spamd

peer = pytest.mark.peer("spamd")
TABLE = b"""Content analysis details:   (7.9 points, 5.0 required)

 pts rule name              description
---- ---------------------- --------------------------------------------------
 0.6 MISSING_MID            Missing Message-Id: header
-0.5 CALM                   Is calm
                            1.5 LIES in a folded line
 7.8 X_Y                    0.9 NOT_THIS
"""


def at(address: str, **settings: Any) -> Make:
    return lambda dialer: lying(address, dialer, **settings)


def lying(address: str, dialer: Any, **settings: Any) -> SpamAssassin:
    wanted = SpamAssassinSettings(address=address, **{"timeout": 5, **settings})
    return SpamAssassin(wanted, dialer, asyncio.get_running_loop().time)


@pytest.fixture(scope="module")
def spamd(free_port: Callable[[], int]) -> Iterator[Spamd]:
    with Spamd(free_port()) as running:
        yield running


def test_the_head_decides_and_the_table_of_the_report_tells_why() -> None:
    answer = read_answer("SPAMD/1.1 0 EX_OK\r\nContent-length: 9\r\nSpam: True ; 7.9 / 5.0", TABLE)
    symbols = (("X_Y", 7.8), ("MISSING_MID", 0.6), ("CALM", -0.5))
    assert answer == Weighed(7.9, 5.0, "spam", symbols)


def test_a_report_of_another_form_leaves_only_the_reasons_out() -> None:
    assert read_answer("SPAMD/1.5 0 EX_OK\r\nSpam: False ; -1 / 5", b"All well\n\xff") == Weighed(
        -1.0, 5.0, "no spam"
    )


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("", "no sense"),
        ("SPAMD/1.1 0 EX_OK", "does not say"),
        ("SPAMD/1.1 0 EX_OK\r\nSpam: True", "does not say"),
        ("SPAMD/1.1 0 EX_OK\r\nSpam: Maybe ; 1 / 5", "does not say"),
        ("SPAMD/1.1 0 EX_OK\r\nSpam: True ; 1e5 / 5", "does not say"),
        ("SPAMD/1.1 0 EX_OK\r\nSpam: True ; nan / 5", "does not say"),
        ("SPAMD/1.1 0 EX_OK\r\nSpam: True ; " + "9" * 400 + " / 5", "does not say"),
        ("SPAMD/1.1 75 EX_TEMPFAIL", "EX_TEMPFAIL"),
        ("SPAMD/1.0 76 Bad header line: \x1b", "no sense"),
        ("HTTP/1.1 200 OK\r\nSpam: True ; 7 / 5", "no sense"),
    ],
)
def test_any_other_answer_is_an_outage_that_says_what_is_wrong(head: str, words: str) -> None:
    answer = read_answer(head, b"")
    assert isinstance(answer, Outage)
    assert words in answer.reason
    assert answer.reason.isprintable()


@given(st.text(max_size=200), st.binary(max_size=200))
def test_nothing_without_a_verdict_is_believed(head: str, report: bytes) -> None:
    answer = read_answer(head, report)
    assert isinstance(answer, Outage) or "spam:" in head.lower()


@peer
def test_what_is_no_spam_is_clean_and_its_score_is_kept(spamd: Spamd) -> None:
    [finding] = look(at(spamd.address), PLAIN + b"foghorn\r\n")
    assert finding.result is Result.CLEAN
    assert finding.evidence == (
        WeighedEvidence(f"spamd at {spamd.address}", 3.0, 5.0, "no spam", (("FOGHORN", 3.0),)),
    )


@peer
def test_spam_is_found_with_its_score_and_the_rules(spamd: Spamd) -> None:
    message = PLAIN + b"The beacon is calm.\r\n"
    [finding] = look(at(spamd.address, weight=0.5), message)
    assert (finding.result, finding.what, finding.score) == (Result.FOUND, "spamassassin-spam", 9.25)
    [evidence] = finding.evidence
    assert "says spam, 18.5 of 5: BEACON +20, CALM -1.5" in evidence.words()
    assert evidence.facts() == {}


@peer
def test_a_large_message_is_streamed(spamd: Spamd) -> None:
    [finding] = look(at(spamd.address, max_size=10_000_000, timeout=60), PLAIN + b"the beacon\r\n" + LARGE)
    assert finding.what == "spamassassin-spam"


@peer
def test_a_slow_spamd_is_an_outage_in_time_and_asked_again_when_it_is_back(spamd: Spamd) -> None:
    spamd.pause()
    try:
        [slow] = look(at(spamd.address, timeout=0.3), PLAIN)
    finally:
        spamd.resume()
    assert reason(slow) == "no answer within 0.3 s (waiting for the answer)"
    [again] = look(at(spamd.address, timeout=30), PLAIN)
    assert again.result is Result.CLEAN


@peer
def test_its_health_is_asked_by_a_ping(spamd: Spamd) -> None:
    assert health(at(spamd.address)) == ""


def test_a_dead_spamd_is_an_outage(free_port: Callable[[], int]) -> None:
    address = f"127.0.0.1:{free_port()}"
    assert reason(look(at(address), PLAIN)[0]) == "cannot connect: Connection refused"
    assert health(at(address)) == "cannot connect: Connection refused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "without an answer"),
        (b"\0" * 100, "broke off"),
        (b"SPAMD/1.1 0 EX_OK\r\n", "broke off"),
        (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7 / 5\r\nContent-length: 5\r\n\r\nabc", "octets"),
        (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7 / 5\r\nContent-length: 2\r\n\r\nabc", "octets"),
        (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7 / 5\r\nContent-length: -3\r\n\r\nabc", "octets"),
        (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7 / 5\r\nContent-length: \xb2\r\n\r\nab", "octets"),
        (b"SPAMD/1.1 0 EX_OK\r\n Spam: True ; 7 / 5\r\n\r\n", "does not say"),
        (b"220 smtp.example ESMTP\r\n\r\n", "no sense"),
    ],
)
def test_a_lying_server_gives_an_outage(answer: bytes, words: str, tmp_path: Path) -> None:
    [finding] = look_at(saying(answer), tmp_path, lying, PLAIN)
    assert words in reason(finding)


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"SPAMD/1.1 0 EX_OK\r\n", b"X-Y: zzzzzzz\r\n" * 5000),
        (b"SPAMD/1.1 0 EX_OK\r\nX: ", b"x" * 65536),
        (b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7 / 5\r\n\r\n", b"x" * 65536),
    ],
)
def test_an_answer_without_end_is_broken_off_soon(begin: bytes, piece: bytes, tmp_path: Path) -> None:
    serve, sent = flooding(begin, piece, 16_384)  # up to a gigabyte
    [finding] = look_at(serve, tmp_path, lying, PLAIN)
    assert "of more than" in reason(finding) or "longer than" in reason(finding)
    assert sent[0] * len(piece) < 8 * MAX_REPORT + 8_000_000


def test_an_answer_before_the_end_of_the_message_is_not_believed(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0 / 5\r\n\r\n")
        writer.write_eof()
        await reader.read(1)
        await asyncio.sleep(0.2)

    def make(address: str, dialer: Any) -> SpamAssassin:
        return lying(address, dialer, max_size=100_000_000)

    [finding] = look_at(serve, tmp_path, make, LARGE * 20)
    assert "before it had all" in reason(finding)


def test_what_answers_a_ping_with_something_else_is_not_well(tmp_path: Path) -> None:
    async def run() -> str:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 smtp.example\r\n")
            writer.close()

        server = await asyncio.start_server(served, "127.0.0.1", 0)
        from tests.peers.clamd import dial

        engine = lying(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", dial)
        outage = await engine.health()
        server.close()
        return outage.reason if outage is not None else ""

    assert asyncio.run(run()) == "it answers a ping with '220 smtp.example'"
