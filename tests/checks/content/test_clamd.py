"""What is asked of clamd and believed of it: its answers read alone, and servers that answer nonsense."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.clamd import MAX_REPLY, Clamd, Clean, Match, Verdict, read_answer
from gatepost.checks.content.engines.connections import Outage
from tests.peers.clamd import Opened, dial

SEEDS = Path(__file__).parents[3] / "fuzz" / "seeds" / "clamd_reply"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_ok_is_clean() -> None:
    assert read_answer(b"1: stream: OK\0", 1) == Clean()


def test_found_is_a_match_with_the_signature_as_named() -> None:
    assert read_answer(b"12: stream: Win.Test (1:68) FOUND\0", 12) == Match("Win.Test (1:68)")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed"),
        (b"1: stream: OK", "broke off"),
        (b"1: stream: OK\n", "broke off"),
        (b"stream: OK\0", "no sense"),
        (b"2: stream: OK\0", "no sense"),
        (b"11: stream: OK\0", "no sense"),
        (b"01: stream: OK\0", "no sense"),
        (b"1: stream: ok\0", "no sense"),
        (b"1: stream: OK \0", "no sense"),
        (b"1: stream: OK\x002: stream: OK\0", "no sense"),
        (b"1: stream:  FOUND\0", "no sense"),
        (b"1: stream: \x1b[2J FOUND\0", "no sense"),
        (b"1: stream: " + b"x" * 300 + b" FOUND\0", "no sense"),
        (b"1: stream: OK FOUND OK\0", "no sense"),
        (b"1: Error processing command. ERROR\0", "reported an error"),
        (b"1: INSTREAM size limit exceeded. ERROR\0", "StreamMaxLength"),
        (b"COMMAND READ TIMED OUT\n", "broke off"),
        (b"\0", "no sense"),
        (b"220 smtp.example ESMTP\r\n", "broke off"),
        (b"\xff\xfe\0", "no sense"),
        (b"x" * (MAX_REPLY + 1), "longer"),
    ],
)
def test_any_other_answer_is_an_outage_that_says_what_is_wrong(answer: bytes, words: str) -> None:
    verdict = read_answer(answer, 1)
    assert isinstance(verdict, Outage)
    assert words in verdict.reason
    assert verdict.reason.isprintable()


@given(st.binary(max_size=200), st.integers(1, 10**6))
def test_no_answer_is_believed_but_the_two_forms(answer: bytes, number: int) -> None:
    verdict = read_answer(answer, number)
    if isinstance(verdict, Outage):
        assert verdict.reason.isprintable()
        assert len(verdict.reason) < 1000
    elif isinstance(verdict, Match):
        assert answer.decode("utf-8", "replace") == f"{number}: stream: {verdict.signature} FOUND\0"
    else:
        assert answer == f"{number}: stream: OK\0".encode()


def test_the_seeds_of_the_fuzz_target_are_read() -> None:
    seeds = sorted(SEEDS.iterdir())
    assert seeds
    for seed in seeds:
        read_answer(seed.read_bytes(), 1)


def ask(
    serve: Serve, tmp_path: Path, *contents: bytes, timeout: float = 5, **options: float
) -> list[Verdict]:
    """Ask a server of the test's own about contents, one after the other."""

    async def run() -> list[Verdict]:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except ConnectionError:
                pass
            finally:
                writer.close()

        path = str(tmp_path / "s")
        server = await asyncio.start_unix_server(served, path)
        clamd = Clamd(
            f"unix:{path}",
            dial,
            time.monotonic,
            timeout=timeout,
            connect_timeout=5,
            idle_timeout=options.get("idle_timeout", 20),
            max_connections=2,
        )
        verdicts = [await clamd.ask(len(data), _chunks(data)) for data in contents]
        clamd.close()
        server.close()
        return verdicts

    return asyncio.run(run())


def _chunks(data: bytes) -> Callable[[], list[bytes]]:
    return lambda: [data[at : at + 65536] for at in range(0, len(data), 65536)]


async def _question(reader: asyncio.StreamReader) -> bytes:
    """Read an INSTREAM question to its end and give its octets."""
    await reader.readuntil(b"zINSTREAM\0")
    data = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        data += await reader.readexactly(length)
    return data


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_the_octets_arrive_as_they_are(tmp_path: Path, size: int) -> None:
    sent = bytes(range(256)) * 800
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await _question(reader))
        writer.write(b"1: stream: OK\0")
        await writer.drain()

    assert ask(serve, tmp_path, sent[:size]) == [Clean()]
    assert heard == [sent[:size]]


def test_an_answer_in_pieces_is_put_together(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _question(reader)
        for octet in b"1: stream: Some.Thing FOUND\0":
            writer.write(bytes([octet]))
            await writer.drain()

    assert ask(serve, tmp_path, b"x") == [Match("Some.Thing")]


def test_a_server_of_another_kind_is_an_outage(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example ESMTP\r\n")
        await reader.read()

    [verdict] = ask(serve, tmp_path, b"x", timeout=0.2)
    assert verdict == Outage("no answer within 0.2 s (waiting for the answer)")


def test_an_endless_answer_is_cut_short(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"1: stream: " + b"y" * 60_000)
            await writer.drain()

    small, large = ask(serve, tmp_path, b"x", b"x" * 1_000_000)
    assert isinstance(small, Outage)
    assert "longer than" in small.reason
    assert isinstance(large, Outage)


def test_a_connection_closed_early_is_an_outage(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)

    for verdict in ask(serve, tmp_path, b"x", b"x" * 5_000_000):
        assert isinstance(verdict, Outage)
        assert "connection" in verdict.reason


def test_a_clean_verdict_on_half_a_message_is_not_believed(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)
        writer.write(b"1: stream: OK\0")
        await writer.drain()
        await reader.read()

    [verdict] = ask(serve, tmp_path, b"x" * 20_000_000)
    assert verdict == Outage("it answered before it had all of the message")


def test_a_connection_that_gave_nonsense_is_not_used_again(tmp_path: Path) -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while not reader.at_eof():
            await _question(reader)
            writer.write(b"1: stream: OK\0" if len(connections) > 1 else b"7: stream: OK\0")

    async def tolerant(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await serve(reader, writer)

    first, second = ask(tolerant, tmp_path, b"x", b"y")
    assert isinstance(first, Outage)
    assert second == Clean()
    assert len(connections) == 2


def test_a_kept_connection_that_died_is_replaced_once(tmp_path: Path) -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await _question(reader)
        writer.write(b"1: stream: OK\0")
        await writer.drain()  # and closes: each connection answers one question only

    assert ask(serve, tmp_path, b"x", b"y", b"z") == [Clean()] * 3
    assert len(connections) == 3


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("size", [1, 200_000])
def test_a_kept_connection_that_was_reset_is_replaced(run: Callable[..., Any], size: int) -> None:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await _question(reader)
        writer.write(b"1: stream: OK\0")

    async def use() -> tuple[Verdict, Verdict]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        streams = []

        async def dialled(address: str) -> Any:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            streams.append(writer)
            return Opened(reader, writer)

        clamd = Clamd(
            "", dialled, time.monotonic, timeout=5, connect_timeout=5, idle_timeout=20, max_connections=1
        )
        try:
            first = await clamd.ask(1, _chunks(b"x"))
            with_reset = struct.pack("ii", 1, 0)
            writers[0].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, with_reset)
            writers[0].transport.abort()
            with suppress(ConnectionError):
                await streams[0].wait_closed()
            second = await clamd.ask(size, _chunks(b"x" * size))
        finally:
            clamd.close()
            for writer in writers:
                writer.close()
            server.close()
        return first, second

    assert run(use()) == (Clean(), Clean())
    assert len(writers) == 2


def test_a_connection_that_was_idle_for_too_long_is_not_used(tmp_path: Path) -> None:
    questions = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        questions.append(await _question(reader))
        writer.write(b"1: stream: OK\0")
        await reader.read(1)
        questions.append(b"closed")

    assert ask(serve, tmp_path, b"x", b"y", idle_timeout=0.0) == [Clean()] * 2
    assert questions[0] == b"x"
    assert b"y" in questions
