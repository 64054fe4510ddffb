"""One question by HTTP and its answer; lying servers stand in the tests of Rspamd."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.checks.content.engines import http
from gatepost.checks.content.engines.connections import Connection, NonsenseError
from tests.checks.content.engines.test_connections import Line


def asked(line: Line, body: bytes = b"", pieces: int = 1) -> tuple[http.Response, Connection]:
    connection = Connection(line)
    cut = len(body) // pieces

    def chunks() -> list[bytes]:
        return [body[at : at + cut] for at in range(0, len(body), cut)] if body else []

    async def run() -> http.Response:
        return await http.ask(
            connection, "POST", "/x", [(b"From", b"a@b.test")], len(body), chunks, max_body=10
        )

    return asyncio.run(run()), connection


def test_a_small_question_goes_out_in_one_write_and_the_connection_stays() -> None:
    line = Line(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    reply, connection = asked(line, b"body")
    assert reply == http.Response(200, b"ok")
    assert connection.reusable
    assert line.written == [
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nFrom: a@b.test\r\nContent-Length: 4\r\n\r\nbody"
    ]


def test_a_question_without_a_body_is_asked_too() -> None:
    line = Line(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert asked(line)[0] == http.Response(200, b"")
    assert line.written[0].endswith(b"Content-Length: 0\r\n\r\n")


def test_a_large_question_goes_out_in_pieces() -> None:
    line = Line(
        *[b""] * 0, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
    )
    reply, _ = asked(line, b"abcdefgh" * 10, 4)
    assert reply.status == 413
    assert b"".join(line.written).startswith(b"POST /x HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
    ],
)
def test_a_connection_that_closes_or_says_too_much_is_not_used_again(answer: bytes) -> None:
    reply, connection = asked(Line(answer))
    assert reply.body == b"ok"
    assert not connection.reusable


def test_a_body_over_the_limit_is_nonsense() -> None:
    with pytest.raises(NonsenseError, match="longer than 10 octets"):
        asked(Line(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nxxxxxxxxxxx"))
