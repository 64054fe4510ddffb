"""The running gateway asks engines: what they refuse, put off or miss is said in the session and in the trace."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dialogues.given import shows
from tests.dialogues.test_live import trace
from tests.peers.c_icap import CIcap
from tests.peers.clamd import MARKER, MARKER_NAME, clamd_running
from tests.peers.client import Client
from tests.peers.gateway import Gateway
from tests.peers.rspamd import Rspamd
from tests.peers.spamd import Spamd

FreePort = Callable[[], int]
PLAIN = b"From: <a@client.test>\r\nSubject: A test\r\n\r\nHello.\r\n"


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """Have a server that says this to whatever it is asked; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    line.recv(65536)
                    line.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def send(client: Client, content: bytes) -> str:
    [result] = client.send("a@client.test", ("b@ours.test",), content)
    return f"{result.reply.code} {result.reply.enhanced} {result.reply.text}"


def told(gateway: Gateway, reply: str) -> str:
    return " ".join(trace(gateway, reply.rpartition(" ")[2].rstrip(")")).split())


def rspamd_says(action: str, score: float) -> bytes:
    body = json.dumps(
        {"action": action, "score": score, "required_score": 15, "symbols": {"SIGN": {"score": score}}}
    ).encode()
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@shows("spam-refused", "spam-later")
@pytest.mark.parametrize(
    ("action", "reply"),
    [
        ("reject", "554 5.7.1 Message refused: it looks like spam (spam-refused "),
        ("soft reject", "451 4.7.1 The message cannot be judged yet; try again later (spam-later "),
        ("add header", "250 2.0.0 "),
        ("greylist", "250 2.0.0 "),
        ("no action", "250 2.0.0 "),
    ],
)
def test_the_action_of_rspamd_is_carried_out(free_port: FreePort, action: str, reply: str) -> None:
    with saying(rspamd_says(action, 7.5)) as address:
        settings = {"checks": {"rspamd": {"address": address}}}
        with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
            said = send(client, PLAIN)
            assert said.startswith(reply)
            assert f"Rspamd at {address} says {action}, 7.5 of 15: SIGN +7.5" in told(gateway, said)


@shows("scanner-found")
def test_what_a_scanner_finds_is_refused_by_its_name(free_port: FreePort) -> None:
    answer = b"ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Test.Worm;\r\n\r\n"
    with saying(answer) as address:
        settings = {"checks": {"icap": {"url": f"icap://{address}/scan"}}}
        with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
            said = send(client, PLAIN)
            assert said.startswith(
                "554 5.7.1 Message refused: the content scanner found Test.Worm (scanner-found "
            )
            assert f"found by the scanner at icap://{address}/scan" in told(gateway, said)


def test_yara_rules_match_files_within_files_and_faulty_ones_say_so(
    free_port: FreePort, tmp_path: Path
) -> None:
    rules = tmp_path / "coast.yar"
    rules.write_text('rule Lighthouse { strings: $a = "lighthouse" condition: $a }')
    settings = {
        "checks": {"yara": {"rules": [str(rules)]}},
        "policy": {"findings": {"file-yara": "reject"}},
    }
    with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
        said = send(client, PLAIN + b"The lighthouse.\r\n")
        assert said.startswith("554 5.7.1 Message refused: the message: the YARA rule Lighthouse of coast")
        assert send(client, PLAIN).startswith("250")
    rules.write_text("rule Lighthouse { condition: foo }")
    with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
        said = send(client, PLAIN + b"The lighthouse.\r\n")
        assert said.startswith("250")
        assert "unknown identifier `foo`" in told(gateway, said)


@pytest.mark.slow
@pytest.mark.peer("rspamd", "spamd", "c-icap", "clamd")
def test_real_engines_judge_together_and_one_that_sleeps_holds_up_no_other_mail(
    free_port: FreePort, tmp_path: Path
) -> None:
    with (
        clamd_running(tmp_path) as clamd,
        CIcap(free_port(), clamd) as icap,
        Rspamd(free_port()) as rspamd,
        Spamd(free_port()) as spamd,
    ):
        settings = {
            "checks": {
                "rspamd": {"address": rspamd.address, "timeout": 8, "max_size": 2000},
                "spamassassin": {"address": spamd.address},
                "icap": {"url": f"icap://{icap.address}/avscan"},
            },
            "policy": {"findings": {"spamassassin-spam": "reject"}},
        }
        with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
            clean = send(client, PLAIN)
            assert clean.startswith("250")
            words = told(gateway, clean)
            assert f"Rspamd at {rspamd.address} says no action" in words
            assert f"spamd at {spamd.address} says no spam" in words
            assert send(client, PLAIN + b"foghorn\r\n").startswith("250")
            assert "spam-refused" in send(client, PLAIN + b"beacon\r\n")
            assert f"found {MARKER_NAME}" in send(client, PLAIN + MARKER)
            replies: list[str] = []
            waiting = threading.Thread(target=_send_alone, args=(gateway.port, replies))
            rspamd.pause()
            try:
                waiting.start()
                assert send(client, PLAIN + b"Too large for Rspamd.\r\n" * 200).startswith("250")
                assert waiting.is_alive()
                waiting.join(60)
            finally:
                rspamd.resume()
            (slow,) = replies
            assert slow.startswith("250")
            assert "no answer within 8 s" in told(gateway, slow)
            rspamd.__exit__(None, None, None)
            icap.__exit__(None, None, None)
            dead = send(client, PLAIN)
            assert "scanner-unavailable" in dead
            assert "cannot connect: Connection refused" in told(gateway, dead)


def _send_alone(port: int, replies: list[str]) -> None:
    with Client(port) as client:
        replies.append(send(client, PLAIN))
