"""The running gateway judges by what was learned, as soon as it was, and the trace tells what weighed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.checks.content.classifier.letters import letter
from tests.dialogues.given import shows
from tests.peers.client import Client
from tests.peers.gateway import Gateway


def gatepost(gateway: Gateway, *arguments: str) -> str:
    command = [sys.executable, "-m", "gatepost", *arguments, "-c", str(gateway.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return " ".join(done.stdout.split())


def send(gateway: Gateway, content: bytes) -> str:
    with Client(gateway.port) as client:
        [result] = client.send("a@client.test", ("b@ours.test",), content)
    return f"{result.reply.code} {result.reply.text}"


def trace(gateway: Gateway, reply: str) -> str:
    return gatepost(gateway, "trace", reply.rpartition(" ")[2].rstrip(")"))


@shows("spam-likely")
def test_a_message_is_judged_by_what_was_learned_while_the_gateway_runs(
    free_port: Callable[[], int], tmp_path: Path
) -> None:
    settings = {
        "checks": {"spam": {"least": 20}},
        "policy": {"findings": {"spam-likely": "reject"}},
    }
    for spam in (True, False):
        folder = tmp_path / ("spam" if spam else "ham")
        folder.mkdir()
        for number in range(25):
            (folder / str(number)).write_bytes(letter(spam, number))
    with Gateway(free_port(), settings=settings) as gateway:
        before = send(gateway, letter(True, 99))
        assert before.startswith("250")
        assert "no model yet: 0 of the 20 spam" in trace(gateway, before)
        gatepost(gateway, "learn", "spam", str(tmp_path / "spam"))
        gatepost(gateway, "learn", "ham", str(tmp_path / "ham"))
        refused = send(gateway, letter(True, 99))
        assert refused.startswith("550 Message refused: it looks like spam (spam-likely ")
        told = trace(gateway, refused)
        assert "as learned from 25 spam and 25 other messages" in told
        assert "in the subject" in told
        assert send(gateway, letter(False, 99)).startswith("250")
