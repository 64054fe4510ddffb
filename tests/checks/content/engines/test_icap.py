"""What is asked of a scanner by ICAP and believed of it: c-icap, alive, dead and slow, and servers that lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.engines.connections import NonsenseError
from gatepost.checks.content.engines.icap import (
    Icap,
    Options,
    encapsulated,
    found_by,
    options_of,
    read_head,
)
from gatepost.checks.content.engines.settings import IcapSettings
from gatepost.checks.evidence import SignatureEvidence
from gatepost.checks.finding import Finding, Result
from tests.checks.content.engines.asking import (
    LARGE,
    PLAIN,
    Make,
    Serve,
    flooding,
    health,
    look,
    look_at,
    reason,
)
from tests.peers.c_icap import CIcap
from tests.peers.clamd import EICAR, MARKER, MARKER_NAME, Clamd, clamd_running

peer = pytest.mark.peer("c-icap", "clamd")
OPTIONS = b"ICAP/1.0 200 OK\r\nMethods: RESPMOD, REQMOD\r\nPreview: 1024\r\nOptions-TTL: 60\r\n\r\n"
NO_PREVIEW = b"ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\n\r\n"


def at(url: str, **settings: Any) -> Make:
    return lambda dialer: Icap(
        IcapSettings(url=url, **{"timeout": 20, **settings}), dialer, asyncio.get_running_loop().time
    )


def lying(address: str, dialer: Any) -> Icap:
    settings = IcapSettings(url=f"icap://{address}/scan", timeout=5)
    return Icap(settings, dialer, asyncio.get_running_loop().time)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    with clamd_running(tmp_path_factory.mktemp("c")) as running:
        yield running


@pytest.fixture(scope="module")
def icap(free_port: Callable[[], int], clamd: Clamd) -> Iterator[CIcap]:
    with CIcap(free_port(), clamd) as running:
        yield running


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("X-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;", "Eicar-Test"),
        ("X-Infection-Found: Eicar", "Eicar"),
        ("X-Virus-ID: Win.Test-1", "Win.Test-1"),
        ("X-Violations-Found: 1\r\n\tmessage.eml\r\n\tEICAR\r\n\t11101\r\n\t2", "EICAR"),
        ("X-Infection-Found: Threat=\x1b[2J;", "?[2J"),
        ("X-Virus-ID: no", ""),
        ("X-Violations-Found: 0", ""),
        ("ISTag: x", ""),
    ],
)
def test_what_was_found_is_read_from_the_fields_that_scanners_have_for_it(fields: str, name: str) -> None:
    assert found_by(read_head(f"ICAP/1.0 200 OK\r\n{fields}")) == name


def test_options_tell_the_preview_and_how_long_they_hold() -> None:
    head = read_head(OPTIONS.decode().strip())
    assert options_of(head, "respmod") == Options(1024, 60)
    assert options_of(read_head("ICAP/1.0 200 OK\r\nPreview: x\r\nOptions-TTL: -1"), "reqmod") == Options(
        None, 3600
    )


def test_a_service_that_does_not_know_the_method_is_not_asked() -> None:
    with pytest.raises(NonsenseError, match="does not know REQMOD"):
        options_of(read_head("ICAP/1.0 200 OK\r\nMethods: RESPMOD"), "reqmod")


@given(st.text(max_size=300))
def test_no_head_holds_more_than_it_may(text: str) -> None:
    head = read_head("ICAP/1.0 200 OK\r\n" + text)
    assert found_by(head).isprintable()
    with suppress(NonsenseError):
        assert all(0 <= place <= 16_384 for _, place in encapsulated(head))


@peer
@pytest.mark.parametrize("message", [PLAIN, PLAIN * 30, LARGE], ids=["preview", "more", "large"])
@pytest.mark.parametrize("method", ["respmod", "reqmod"])
def test_what_the_scanner_gives_back_as_it_was_is_clean(icap: CIcap, message: bytes, method: str) -> None:
    for service in ("echo", "avscan"):
        findings = look(at(f"icap://{icap.address}/{service}", method=method), message, message)
        assert [finding.result for finding in findings] == [Result.CLEAN] * 2, findings


@peer
@pytest.mark.parametrize("method", ["respmod", "reqmod"])
@pytest.mark.parametrize("message", [PLAIN + MARKER, LARGE + MARKER], ids=["small", "large"])
def test_what_the_scanner_found_is_named(icap: CIcap, message: bytes, method: str) -> None:
    url = f"icap://{icap.address}/avscan"
    [finding, next_one] = look(at(url, method=method), message, PLAIN)
    assert (finding.result, finding.what) == (Result.FOUND, "icap-found")
    assert finding.evidence == (
        SignatureEvidence(MARKER_NAME, f"the scanner at {url}", "the message as a whole"),
    )
    assert next_one.result is Result.CLEAN


@peer
def test_the_test_virus_is_found(icap: CIcap) -> None:
    [finding] = look(at(f"icap://{icap.address}/avscan"), EICAR)
    assert finding.what == "icap-found"


@peer
def test_a_slow_scanner_is_an_outage_in_time_and_asked_again_when_it_is_back(icap: CIcap) -> None:
    url = f"icap://{icap.address}/echo"
    icap.pause()
    try:
        [slow] = look(at(url, timeout=0.3), PLAIN)
    finally:
        icap.resume()
    assert reason(slow) == "no answer within 0.3 s (waiting for the answer)"
    assert look(at(url), PLAIN)[0].result is Result.CLEAN


@peer
def test_its_health_is_asked_by_its_options(icap: CIcap) -> None:
    assert health(at(f"icap://{icap.address}/echo")) == ""
    assert "it has no such service: 404" in health(at(f"icap://{icap.address}/nothing"))


def test_a_dead_scanner_is_an_outage(free_port: Callable[[], int]) -> None:
    url = f"icap://127.0.0.1:{free_port()}/scan"
    assert reason(look(at(url), PLAIN)[0]) == "cannot connect: Connection refused"


def scripted(*answers: bytes, options: bytes = OPTIONS) -> Serve:
    """Serve by the book up to the first question, and then say something."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readuntil(b"\r\n\r\n")).startswith(b"OPTIONS "):
            writer.write(options)
        for answer in answers:
            await reader.read(65536)
            writer.write(answer)
            await writer.drain()

    return serve


def answered(tmp_path: Path, *answers: bytes, message: bytes = PLAIN, options: bytes = OPTIONS) -> Finding:
    [finding] = look_at(scripted(*answers, options=options), tmp_path, lying, message)
    return finding


def given_back(body: bytes, *, http: bytes = b"HTTP/1.1 200 OK\r\n\r\n", fields: bytes = b"") -> bytes:
    head = b"ICAP/1.0 200 OK\r\n%bEncapsulated: res-hdr=0, res-body=%d\r\n\r\n%b" % (fields, len(http), http)
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def test_a_message_given_back_unchanged_without_204_is_clean(tmp_path: Path) -> None:
    assert answered(tmp_path, given_back(PLAIN)).result is Result.CLEAN
    assert answered(tmp_path, given_back(PLAIN), options=NO_PREVIEW).result is Result.CLEAN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (given_back(PLAIN.replace(b"see", b"SEE")), "it changed the message"),
        (given_back(PLAIN[:-5]), "it changed the message"),
        (given_back(PLAIN + b"A disclaimer"), "it made the message longer"),
        (given_back(b"no", http=b"HTTP/1.1 403 Forbidden\r\n\r\n"), "HTTP 403"),
        (given_back(b"no", http=b"nonsense"), "HTTP ?"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n", "took the message away"),
        (b"ICAP/1.0 204 No\r\nX-Virus-ID: Monitor.Only\r\n\r\n", "Monitor.Only"),
        (given_back(b"page", fields=b"X-Infection-Found: Type=0; Threat=A.B;\r\n"), "A.B"),
        (b"ICAP/1.0 500 Error\r\nX-Infection-Found: Type=0; Threat=A.B;\r\n\r\n", "A.B"),
    ],
)
def test_whatever_it_would_put_in_the_messages_place_is_found(
    answer: bytes, words: str, tmp_path: Path
) -> None:
    finding = answered(tmp_path, answer)
    assert finding.what == "icap-found"
    assert words in finding.evidence[0].words()


def test_a_service_without_preview_gets_the_message_at_once(tmp_path: Path) -> None:
    assert answered(tmp_path, b"ICAP/1.0 204 No\r\n\r\n", options=NO_PREVIEW).result is Result.CLEAN


def test_a_preview_of_nothing_is_sent_where_it_is_wanted(tmp_path: Path) -> None:
    options = b"ICAP/1.0 200 OK\r\nPreview: 0\r\n\r\n"
    finding = answered(
        tmp_path, b"ICAP/1.0 100 Continue\r\n\r\n", b"ICAP/1.0 204 No\r\n\r\n", options=options
    )
    assert finding.result is Result.CLEAN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "without an answer"),
        (b"ICAP/1.0 204", "broke off"),
        (b"HTTP/1.1 204 No\r\n\r\n", "no sense"),
        (b"ICAP/1.0 100 Continue\r\n\r\n", "more of the message than there is"),
        (b"ICAP/1.0 200 OK\r\n\r\n", "does not say what it holds"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=99999999\r\n\r\n", "does not say"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=9, res-body=3\r\n\r\n", "does not say"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=9000\r\n\r\n", "broke off"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\nzz\r\n", "without a size"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\n2\r\nabcd", "longer than it says"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\n5\r\nab", "broke off"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\n" + b"1" * 500, "of more than"),
        (b"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\n0\r\n" + b"X: y\r\n" * 50, "too many fields"),
        (b"ICAP/1.0 206 Partial\r\n\r\n", "206"),
        (b"ICAP/1.0 404 No\r\n\r\n", "404 'No'"),
        (b"ICAP/1.0 503 Busy\r\n\r\n", "503 'Busy'"),
    ],
)
def test_a_lying_server_gives_an_outage(answer: bytes, words: str, tmp_path: Path) -> None:
    assert words in reason(answered(tmp_path, answer))


@pytest.mark.parametrize(
    "options", [b"", b"ICAP/1.0 200 OK\r\n", b"\xff" * 70_000, b"ICAP/1.0 500 X\r\n\r\n"]
)
def test_options_that_make_no_sense_are_an_outage(options: bytes, tmp_path: Path) -> None:
    reason(answered(tmp_path, options=options))


@pytest.mark.parametrize("begin", [b"ICAP/1.0 200 OK\r\n", b"ICAP/1.0 200 OK\r\nX: "])
def test_a_head_without_end_is_broken_off_soon(begin: bytes, tmp_path: Path) -> None:
    serve, sent = flooding(begin, b"X-Y: zzzzzzz\r\n" * 5000, 16_384)  # up to a gigabyte
    [finding] = look_at(serve, tmp_path, lying, PLAIN)
    assert "of more than" in reason(finding)
    assert sent[0] * 70_000 < 10_000_000


def test_an_answer_before_the_end_of_the_message_is_not_believed(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(NO_PREVIEW)
        await reader.read(100)
        writer.write(b"ICAP/1.0 204 No\r\n\r\n")
        await asyncio.sleep(0.2)

    [finding] = look_at(serve, tmp_path, lying, LARGE * 20)
    assert "before it had all" in reason(finding)
