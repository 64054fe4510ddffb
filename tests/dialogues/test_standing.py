"""Replies that need more than a dialogue: a database of places, and a past."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.checks.connection.correspondents import KNOWN
from gatepost.checks.evidence import CorrespondentEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import Contacts
from gatepost.checks.memory import Memory
from gatepost.gateway.settings import load
from tests.checks.connection.mmdb import write
from tests.cli.test_greylist import with_memory
from tests.dialogues.given import shows
from tests.dialogues.test_dialogues import MemoryLine, _in_memory
from tests.peers.client import Client
from tests.peers.gateway import Gateway, to_toml
from tests.zone import Zone

HELLO = ("HELO mail.client.test", "MAIL FROM:<a@client.test>", "RCPT TO:<b@ours.test>")


def said(line: MemoryLine, commands: tuple[str, ...]) -> list[str]:
    """Say commands; give the reply to each, and before them the greeting."""
    replies = [line.read_line()]
    for command in commands:
        line.send(command.encode() + b"\r\n")
        replies.append(line.read_line())
    return [reply.decode().rstrip() for reply in replies]


@shows("place-blocked")
def test_a_client_of_a_blocked_country_is_refused_with_the_country(tmp_path: Path) -> None:
    write(tmp_path / "places.mmdb", {"198.51.100.0/24": {"country": {"iso_code": "ZZ"}}})
    values = {
        "host": "gateway.test",
        "policy": {"relay_networks": ["::1"]},
        "domain": [{"name": "ours.test"}],
        "checks": {
            "greylist": {"mode": "off"},
            "country": {"database": [str(tmp_path / "places.mmdb")], "blocked": ["ZZ"]},
        },
    }
    (tmp_path / "settings.toml").write_text(to_toml(values))
    settings = load(tmp_path / "settings.toml")
    with asyncio.Runner() as runner:
        line, close = runner.run(_in_memory(settings, "198.51.100.7", tmp_path, Zone({})))
        try:
            reply = said(MemoryLine(runner.get_loop(), *line), HELLO)[-1]
        finally:
            runner.run(close())
    assert reply.startswith("550 5.7.1 Mail from 198.51.100.7 (ZZ) is not taken here (place-blocked ")


@shows("reputation-poor", "reputation-bad")
@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (
            "defer",
            "451 4.7.1 Too much of what 127.0.0.2 sent here was refused; try again later (reputation-poor ",
        ),
        ("reject", "550 5.7.1 Nearly all that 127.0.0.2 sent here was refused (reputation-bad "),
    ],
)
def test_a_sender_whose_mail_was_refused_before_is_put_off_or_refused_as_the_settings_say(
    choice: str, words: str, free_port: Callable[[], int]
) -> None:
    settings = {
        "policy": {"relay_networks": ["::1"], "findings": {"reputation-bad": choice}},
        "domain": [{"name": "ours.test"}],
        "checks": {"lists": {"blocked": ["bad@client.test"]}, "reputation": {"least_messages": 2}},
    }
    got: list[str] = []
    with Gateway(free_port(), settings=settings) as gateway:
        end = time.monotonic() + 20
        # What is learned is written a moment later, and each reply tells of the state before it.
        while time.monotonic() < end and not any("reputation" in reply for reply in got):
            with Client(gateway.port, source="127.0.0.2") as client:
                [result] = client.send(
                    "a@client.test", ("b@ours.test",), b"From: bad@client.test\r\n\r\nHello.\r\n"
                )
            got.append(str(result.reply))
    assert got[0].startswith("550 5.7.1 Mail from bad@client.test is not taken here (sender-blocked ")
    assert got[-1].startswith(words)


@shows("author-forged")
def test_who_looks_like_a_known_correspondent_is_refused_without_a_word_of_the_correspondent(
    free_port: Callable[[], int],
) -> None:
    async def remember(memory: Memory) -> None:
        evidence = CorrespondentEvidence(2, 2, sender="author", domain="supplier.test")
        contact = Finding(
            check="c", stage=Stage.CONTENT, result=Result.FOUND, name=KNOWN, evidence=(evidence,)
        )
        Contacts(180, memory, time.time).learn((contact,))

    settings = {
        "policy": {"relay_networks": ["::1"], "findings": {"contact-look-alike": "reject"}},
        "domain": [{"name": "ours.test"}],
    }
    with Gateway(free_port(), settings=settings) as gateway:
        with_memory(gateway.data_dir, remember)
        with Client(gateway.port, source="127.0.0.2") as client:
            [result] = client.send(
                "a@client.test", ("b@ours.test",), b"From: boss@supp1ier.test\r\n\r\nPay this.\r\n"
            )
    assert str(result.reply).startswith(
        "550 5.7.1 The author of the message is not credible: supp1ier.test looks like another domain (author-forged "
    )
