"""A trial says what the gateway would do, without its being done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepost.checks.facts import Content
from gatepost.checks.finding import Stage
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.scan import Envelope, Trial, scan
from gatepost.gateway.settings import Settings
from gatepost.mail.path import Mailbox, parse_mailbox
from tests.peers.nameserver import Nameserver

TABLE = {
    "soft.test": {"TXT": ["v=spf1 ~all"]},
    "strict.test": {"TXT": ["v=spf1 -all"]},
    "_dmarc.strict.test": {"TXT": ["v=DMARC1; p=reject"]},
}
MESSAGE = b"From: Ann <ann@soft.test>\r\nSubject: Hi\r\n\r\nHello.\r\n"


def mailbox(text: str) -> Mailbox:
    parsed = parse_mailbox(text)
    assert isinstance(parsed, Mailbox)
    return parsed


BOB, EVE, ANN = mailbox("bob@ours.test"), mailbox("eve@elsewhere.test"), mailbox("ann@soft.test")


@pytest.fixture
def settings(free_port: Callable[[], int], tmp_path: Path) -> Iterator[Settings]:
    with Nameserver(free_port(), TABLE) as nameserver:
        yield Settings.model_validate(
            {
                "data_dir": str(tmp_path / "data"),
                "dns": {"nameservers": [nameserver.address]},
                "domain": [{"name": "ours.test", "next_hop": ["127.0.0.1:25"]}],
            }
        )


def tried(settings: Settings, message: bytes = MESSAGE, **envelope: object) -> Trial:
    return scan(settings, Envelope(**envelope), Content(len(message), message))  # type: ignore[arg-type]


def names(trial: Trial) -> set[str]:
    return {finding.what for finding in trial.verdict.findings}


def test_without_a_session_only_the_content_is_looked_at(settings: Settings) -> None:
    trial = tried(settings)
    assert trial.verdict.stage is Stage.CONTENT
    assert trial.verdict.reply.code == 250
    assert "dmarc-none" in names(trial)
    assert not any(name.startswith(("spf", "helo", "reverse", "grey")) for name in names(trial))


def test_with_a_client_its_connection_and_identity_are_looked_at(settings: Settings) -> None:
    trial = tried(settings, client="192.0.2.7", helo="nodot", reverse_path=ANN, recipients=(BOB,))
    assert {"reverse-name-missing", "helo-no-dot", "spf-softfail"} <= names(trial)


def test_the_author_domain_decides_as_in_a_session(settings: Settings) -> None:
    trial = tried(settings, MESSAGE.replace(b"soft.test", b"strict.test"))
    assert (trial.verdict.reply.code, trial.verdict.reply.enhanced) == (550, "5.7.26")
    assert trial.verdict.disposition.rule == "dmarc-reject"


def test_a_recipient_that_is_not_ours_is_refused_and_the_rest_is_looked_at_all_the_same(
    settings: Settings,
) -> None:
    trial = tried(settings, client="192.0.2.7", reverse_path=ANN, recipients=(EVE,))
    assert trial.verdict.recipient == "eve@elsewhere.test"
    assert trial.verdict.reply.entry == "relay-denied"
    assert trial.answers[-1].stage is Stage.CONTENT


def test_one_refused_recipient_does_not_decide_for_the_message(settings: Settings) -> None:
    quiet = settings.model_copy(
        update={
            "checks": settings.checks.model_copy(
                update={"greylist": settings.checks.greylist.model_copy(update={"mode": "off"})}
            )
        }
    )
    trial = tried(quiet, client="192.0.2.7", reverse_path=ANN, recipients=(EVE, BOB))
    assert trial.verdict.stage is Stage.CONTENT
    assert [answer.refused for answer in trial.answers] == [True, False, False]


def test_nothing_is_kept_of_a_trial(settings: Settings) -> None:
    tried(settings, client="192.0.2.7", helo="nodot", reverse_path=ANN, recipients=(BOB,))
    assert not settings.data_dir.exists()


def test_greylisting_is_told_and_not_begun(settings: Settings) -> None:
    settings.data_dir.mkdir()

    async def listed() -> object:
        memory = EmbeddedMemory(settings.data_dir, time.time, asyncio.get_running_loop(), 100)
        try:
            return [await memory.listed(space) for space in ("greylist", "pools", "reputation")]
        finally:
            memory.close()

    before = asyncio.run(listed())
    for _ in range(2):
        trial = tried(settings, client="192.0.2.7", helo="nodot", reverse_path=ANN, recipients=(BOB,))
        assert trial.verdict.reply.entry == "greylisted"
        [waiting] = [f for f in trial.verdict.findings if f.check == "greylist"]
        assert "try 1" in waiting.evidence[0].words()
    assert asyncio.run(listed()) == before


def test_a_message_that_goes_in_circles_is_told_as_such(settings: Settings) -> None:
    trial = tried(settings, b"Received: from a by b; x\r\n" * 101 + MESSAGE)
    assert trial.verdict.reply.entry == "mail-loop"
