"""The virus check with a real clamd: clean, infected, large, dead, slow, restarted."""

from __future__ import annotations

import asyncio
import os
import time
from base64 import encodebytes
from collections.abc import Awaitable, Callable, Iterator, Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from gatepost.checks.content.virus import NO_SCANNER, WHOLE, NoVirusCheck, VirusCheck, as_message
from gatepost.checks.evidence import OutageEvidence, SignatureEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.settings import VirusSettings
from gatepost.mail.mime import view
from tests.peers.clamd import EICAR, EICAR_NAME, MARKER, MARKER_NAME, Clamd, clamd_running, dial

FACTS = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)
PLAIN = b"From: a@b.example\r\nSubject: hello\r\n\r\nNothing to see here.\r\n"

peer = pytest.mark.peer("clamd")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    with clamd_running(tmp_path_factory.mktemp("c"), StreamMaxLength="12M") as running:
        yield running


def content(data: bytes) -> Content:
    return Content(len(data), data)


def with_check(
    address: str, use: Callable[[VirusCheck], Awaitable[Any]], dialer: Any = dial, **settings: Any
) -> Any:
    async def run() -> Any:
        check = VirusCheck(VirusSettings(address=address, **settings), dialer, time.monotonic)
        try:
            return await use(check)
        finally:
            check.close()

    return asyncio.run(run())


def look(address: str, *contents: Content, **settings: Any) -> list[Finding]:
    """Look at the contents one after the other."""

    async def use(check: VirusCheck) -> list[Finding]:
        return [one for each in contents for one in await check.look(Stage.CONTENT, FACTS, each)]

    findings: list[Finding] = with_check(address, use, **settings)
    return findings


def reason(finding: Finding) -> str:
    assert finding.result is Result.UNAVAILABLE
    [evidence] = finding.evidence
    assert isinstance(evidence, OutageEvidence)
    assert evidence.engine.startswith("clamd at ")
    return evidence.reason


def multipart(*parts: bytes, boundary: bytes = b"=_x") -> bytes:
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b'From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary="'
        + boundary
        + b'"\r\n\r\nPreamble\r\n'
        + body
        + b"--"
        + boundary
        + b"--\r\n"
    )


def attached(data: bytes, name: bytes) -> bytes:
    return (
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="'
        + name
        + b'"\r\n\r\n'
        + encodebytes(data).replace(b"\n", b"\r\n")
    )


TEXT = b"Content-Type: text/plain\r\n\r\nThe invoice.\r\n"


@peer
def test_a_clean_message_is_clean(clamd: Clamd) -> None:
    [finding] = look(clamd.address, content(PLAIN))
    assert finding.result is Result.CLEAN
    assert finding.check == "virus"
    assert finding.duration > 0


@peer
def test_an_empty_message_is_clean(clamd: Clamd) -> None:
    assert look(clamd.address, content(b""))[0].result is Result.CLEAN


@peer
def test_the_signature_and_the_part_it_lies_in_are_named(clamd: Clamd) -> None:
    message = multipart(TEXT, attached(EICAR, b"invoice.txt"), TEXT)
    [finding] = look(clamd.address, content(message))
    assert finding.result is Result.FOUND
    assert finding.evidence == (
        SignatureEvidence(EICAR_NAME, f"clamd at {clamd.address}", "part 2 (invoice.txt)"),
    )


@peer
def test_a_part_within_a_part_is_named_by_both_numbers(clamd: Clamd) -> None:
    inner = multipart(TEXT, attached(MARKER, b"=?utf-8?q?caf=C3=A9.bin?="), boundary=b"=_inner")
    inner = inner[inner.index(b"Content-Type") :]
    [finding] = look(clamd.address, content(multipart(TEXT, TEXT, inner)))
    [evidence] = finding.evidence
    assert isinstance(evidence, SignatureEvidence)
    assert (evidence.signature, evidence.where) == (MARKER_NAME, "part 3.2 (café.bin)")


@pytest.mark.parametrize(
    ("message", "where"),
    [(PLAIN + MARKER, WHOLE), (multipart(TEXT).replace(b"Preamble", MARKER), "part 0 (preamble)")],
    ids=["plain", "preamble"],
)
@peer
def test_what_lies_in_no_part_is_said_to_be_in_the_whole_or_before_the_parts(
    clamd: Clamd, message: bytes, where: str
) -> None:
    [finding] = look(clamd.address, content(message))
    [evidence] = finding.evidence
    assert isinstance(evidence, SignatureEvidence)
    assert evidence.where == where


ALTERNATIVES = {
    "two encodings": attached(EICAR, b"a.txt").replace(
        b"Content-Transfer-Encoding", b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding"
    ),
    "an encoding with junk": attached(EICAR, b"a.txt").replace(b"base64", b"base64 ;x"),
    "padding within": attached(b"x", b"a.txt") + encodebytes(EICAR),
    "no header between": attached(EICAR, b"a.txt").replace(b"base64", b"base64\r\nno field"),
}


@pytest.mark.parametrize("trick", ALTERNATIVES)
@peer
def test_what_only_another_reader_would_see_is_found(clamd: Clamd, trick: str) -> None:
    [finding] = look(clamd.address, content(multipart(TEXT, ALTERNATIVES[trick])))
    assert finding.result is Result.FOUND
    [evidence] = finding.evidence
    assert isinstance(evidence, SignatureEvidence)
    assert "part 2" in evidence.where


def test_a_part_as_a_message_decodes_to_the_same_octets() -> None:
    part = view(multipart(TEXT, attached(b"data", b"a.pdf"))).root.children[-1]
    assert message_from_bytes(as_message(part)).get_payload(decode=True) == b"data"


def test_a_file_within_text_goes_as_it_is_decoded() -> None:
    text = b"Content-Type: text/plain\r\n\r\nbegin 644 a.exe\n#86)C\n`\nend\n"
    [file] = view(multipart(text)).root.children[-1].children
    assert as_message(file) == b"abc"


@peer
def test_a_message_over_the_limit_is_not_searched_for_the_part(clamd: Clamd) -> None:
    message = multipart(TEXT, attached(EICAR, b"invoice.txt"))
    [finding] = look(clamd.address, content(message), locate_limit=100)
    [evidence] = finding.evidence
    assert isinstance(evidence, SignatureEvidence)
    assert evidence.where == WHOLE


@peer
def test_a_large_content_is_streamed_from_its_file(clamd: Clamd, tmp_path: Path) -> None:
    file = tmp_path / "large"
    body = b"".join(os.urandom(57).hex().encode() + b"\r\n" for _ in range(70_000))
    file.write_bytes(PLAIN + body + attached(MARKER, b"x") + MARKER)
    size = file.stat().st_size
    assert size > 8_000_000
    [finding] = look(clamd.address, Content(size, file=str(file)))
    assert finding.result is Result.FOUND


@peer
def test_a_connection_serves_one_message_after_the_other(clamd: Clamd) -> None:
    dialled = []

    async def counting(address: str) -> Any:
        dialled.append(address)
        return await dial(address)

    async def use(check: VirusCheck) -> list[Result]:
        results = []
        for data in (PLAIN, EICAR, PLAIN, MARKER, PLAIN):
            [finding] = await check.look(Stage.CONTENT, FACTS, content(data))
            results.append(finding.result)
        return results

    clean, found = Result.CLEAN, Result.FOUND
    assert with_check(clamd.address, use, counting) == [clean, found, clean, found, clean]
    assert len(dialled) == 1


@peer
def test_messages_in_flight_get_their_own_verdicts_over_few_connections(clamd: Clamd) -> None:
    dialled = []

    async def counting(address: str) -> Any:
        dialled.append(address)
        return await dial(address)

    bodies = [PLAIN + (MARKER if n % 3 == 0 else b"%d" % n) for n in range(40)]

    async def use(check: VirusCheck) -> list[Sequence[Finding]]:
        looks = (check.look(Stage.CONTENT, FACTS, content(body)) for body in bodies)
        return await asyncio.gather(*looks)

    found = [
        finding.result is Result.FOUND
        for [finding] in with_check(clamd.address, use, counting, max_connections=3)
    ]
    assert found == [n % 3 == 0 for n in range(40)]
    assert len(dialled) <= 3


@peer
def test_a_message_that_is_too_long_for_clamd_is_not_checked_and_says_why(
    clamd: Clamd, tmp_path: Path
) -> None:
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(40_000_000)
    too_long, next_one = look(clamd.address, Content(40_000_000, file=str(file)), content(PLAIN))
    assert "StreamMaxLength" in reason(too_long)
    assert next_one.result is Result.CLEAN


@peer
def test_a_dead_clamd_is_an_outage_and_a_new_one_is_found(tmp_path: Path) -> None:
    with clamd_running(tmp_path) as clamd:

        async def use(check: VirusCheck) -> list[Finding]:
            findings = list(await check.look(Stage.CONTENT, FACTS, content(PLAIN)))
            clamd.kill()
            findings += await check.look(Stage.CONTENT, FACTS, content(PLAIN))
            clamd.start()
            findings += await check.look(Stage.CONTENT, FACTS, content(PLAIN))
            return findings

        before, dead, after = with_check(clamd.address, use)
    assert before.result is Result.CLEAN
    assert reason(dead) == "cannot connect: Connection refused"
    assert after.result is Result.CLEAN


@peer
def test_a_clamd_restarted_between_messages_costs_no_message_its_check(tmp_path: Path) -> None:
    with clamd_running(tmp_path) as clamd:

        async def use(check: VirusCheck) -> list[Finding]:
            both = await asyncio.gather(
                *(check.look(Stage.CONTENT, FACTS, content(PLAIN + MARKER)) for _ in range(2))
            )
            clamd.kill()
            clamd.start()
            again = [await check.look(Stage.CONTENT, FACTS, content(PLAIN + MARKER)) for _ in range(2)]
            return [finding for findings in (*both, *again) for finding in findings]

        findings = with_check(clamd.address, use)
    assert [finding.result for finding in findings] == [Result.FOUND] * 4


@peer
def test_a_clamd_that_closed_an_idle_session_is_asked_again(tmp_path: Path) -> None:
    with clamd_running(tmp_path, CommandReadTimeout=1, ReadTimeout=1) as clamd:
        streams: list[Any] = []

        async def watched(address: str) -> Any:
            stream = await dial(address)
            streams.append(stream)
            return stream

        async def use(check: VirusCheck) -> list[Finding]:
            findings = list(await check.look(Stage.CONTENT, FACTS, content(PLAIN)))
            heard = await streams[0].read(4096)
            assert heard.startswith(b"COMMAND READ TIMED OUT")
            findings += await check.look(Stage.CONTENT, FACTS, content(PLAIN))
            return findings

        findings = with_check(clamd.address, use, watched)
    assert [finding.result for finding in findings] == [Result.CLEAN] * 2
    assert len(streams) == 2


@peer
def test_a_clamd_that_does_not_answer_in_time_is_an_outage(tmp_path: Path) -> None:
    with clamd_running(tmp_path) as clamd:
        clamd.pause()
        slow, large = look(clamd.address, content(PLAIN), content(PLAIN * 200_000), timeout=0.3)
        clamd.resume()
    assert reason(slow) == "no answer within 0.3 s (waiting for the answer)"
    assert reason(large) == "no answer within 0.3 s (sending)"


def test_a_scanner_that_was_never_there_is_an_outage(tmp_path: Path) -> None:
    [finding] = look(f"unix:{tmp_path}/nobody", content(PLAIN))
    assert reason(finding) == "cannot connect: No such file or directory"


def test_a_content_that_cannot_be_read_is_an_outage(tmp_path: Path) -> None:
    async def nowhere(address: str) -> Any:
        return _Deaf()

    async def use(check: VirusCheck) -> Sequence[Finding]:
        return await check.look(Stage.CONTENT, FACTS, Content(10, file=str(tmp_path / "gone")))

    [finding] = with_check("unix:/nowhere", use, nowhere)
    assert reason(finding) == "the content cannot be read: No such file or directory"


def test_without_a_scanner_each_message_gets_a_finding_that_says_so() -> None:
    [finding] = NoVirusCheck().look(Stage.CONTENT, FACTS, content(PLAIN))
    assert finding is NO_SCANNER
    assert finding.result is Result.SKIPPED


class _Deaf:
    async def read(self, limit: int) -> bytes:
        await asyncio.Event().wait()
        return b""

    def write(self, data: bytes) -> None:
        pass

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        pass
