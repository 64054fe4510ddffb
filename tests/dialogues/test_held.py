"""What policy holds, in the running gateway: taken, kept, shown, exported, released, delivered."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.journal.reader import records
from gatepost.journal.records import AnyRecord, Attempt, Deleted, HeldBack, Reception
from tests.crash.test_kill import Mortal
from tests.delivery.next_hop import NextHop, wait_until
from tests.dialogues.test_live import infected
from tests.peers.clamd import EICAR_NAME, clamd_running
from tests.peers.client import Client
from tests.peers.gateway import Gateway, environment

FreePort = Callable[[], int]
CONTENT = b"From: <a@client.test>\r\nSubject: One\r\n\r\nText.\r\n"
# No scanner answers there: each message is held, and no test needs one.
HOLDING: dict[str, Any] = {
    "checks": {"virus": {"address": "127.0.0.1:9"}},
    "policy": {"findings": {"virus-unavailable": "hold"}},
}


def to(hop: NextHop, **more: Any) -> dict[str, Any]:
    """Give settings that hold everything, with a next hop."""
    return {**HOLDING, "domain": [{"name": "ours.test", "next_hop": [hop.address]}], **more}


def quarantine(gateway: Gateway, *arguments: str, ends: int = 0) -> bytes:
    """Run `gatepost quarantine`."""
    command = [sys.executable, "-m", "gatepost", "quarantine", *arguments, "-c", str(gateway.config)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )
    assert done.returncode == ends, (done.stdout, done.stderr)
    return done.stdout or done.stderr


def held(gateway: Gateway, *arguments: str) -> list[dict[str, Any]]:
    """List what is held."""
    listed: list[dict[str, Any]] = json.loads(quarantine(gateway, "list", "--json", *arguments))
    return listed


def sent(gateway: Gateway, *recipients: str, content: bytes = CONTENT) -> str:
    """Send a message that is accepted; give its id."""
    with Client(gateway.port) as client:
        results = client.send("a@client.test", recipients or ("b@ours.test",), content)
        client.close()
    assert {result.reply.code for result in results} == {250}
    return results[0].reply.text.rpartition(" ")[2].rstrip(")")


def told(gateway: Gateway, message: str, *kinds: type) -> list[AnyRecord]:
    """Give the records about a message, of some kinds."""
    return [r for r in records(gateway.data_dir / "journal") if r.message == message and isinstance(r, kinds)]


@pytest.mark.peer("clamd")
def test_a_virus_that_is_held_can_be_looked_at_copied_and_let_go(free_port: FreePort, tmp_path: Path) -> None:
    with clamd_running(tmp_path) as clamd, NextHop() as hop:
        settings = to(
            hop,
            checks={"virus": {"address": clamd.address}},
            policy={"findings": {"virus-found": "hold"}},
        )
        with Gateway(free_port(), settings=settings) as gateway:
            clean = sent(gateway)
            virus = infected()
            message = sent(gateway, content=virus)
            assert wait_until(lambda: told(gateway, clean, Attempt))
            assert wait_until(lambda: held(gateway))
            (row,) = held(gateway, "--finding", "virus-found", "--to", "ours.test", "--subject", "invoice")
            assert (row["id"], row["rule"], row["kind"]) == (message, "virus-found", "policy")
            assert row["reason"] == "a virus signature matched; the settings say hold"
            assert (row["reverse_path"], row["recipients"]) == ("a@client.test", ["b@ours.test"])
            words = quarantine(gateway, "list").decode()
            assert "a virus signature matched" in words
            assert "1 message is held by policy" in words

            shown = quarantine(gateway, "show", message).decode()
            for said in (
                "Your invoice",
                EICAR_NAME,
                "invoice.pdf",
                "Please find our invoice attached.",
                hop.address,
            ):
                assert said in shown
            facts = json.loads(quarantine(gateway, "show", message, "--json"))
            [found] = [finding for finding in facts["findings"] if finding["check"] == "virus"]
            assert found["evidence"][0]["signature"] == EICAR_NAME
            assert facts["release"] == [{"recipient": "b@ours.test", "next_hop": [hop.address]}]

            exported = quarantine(gateway, "export", message)
            assert exported.endswith(virus)
            copy = tmp_path / "copy.eml"
            quarantine(gateway, "export", message, "-o", str(copy))
            assert copy.read_bytes() == exported
            assert b"is there already" in quarantine(gateway, "export", message, "-o", str(copy), ends=2)

            assert len(hop.messages) == 1
            said_of_it = quarantine(gateway, "release", message, "--by", "Ann Admin").decode()
            assert f"{message}: released by Ann Admin to b@ours.test; delivery has it now." in said_of_it
            assert wait_until(lambda: len(hop.messages) == 2)
            assert wait_until(lambda: told(gateway, message, Attempt))
            assert hop.messages[1].content == exported
            assert held(gateway) == []
            assert b"no message" in quarantine(gateway, "release", message, ends=1)
            assert "Traceback" not in gateway.output.read_text()
            trace = subprocess.run(
                [sys.executable, "-m", "gatepost", "trace", message, "-c", str(gateway.config)],
                env=environment(), capture_output=True, text=True, timeout=30, check=True,
            ).stdout  # fmt: skip
    for said in (
        "held, because a virus signature matched; the settings say hold",
        "released by Ann Admin",
        "delivered to",
    ):
        assert said in " ".join(trace.split())


def test_what_is_held_outlives_the_gateway_and_is_decided_while_it_is_stopped(free_port: FreePort) -> None:
    with NextHop() as hop, Mortal(free_port(), settings=to(hop)) as gateway:
        first, second, third = sent(gateway), sent(gateway), sent(gateway)
        assert wait_until(lambda: len(held(gateway)) == 3)
        gateway.stop()
        assert [row["id"] for row in held(gateway)] == [first, second, third]
        assert b"it is delivered when the gateway starts" in quarantine(gateway, "release", first)
        assert b"nothing was changed" in quarantine(gateway, "delete", second, ends=1)
        assert b"deleted by Ann" in quarantine(gateway, "delete", second, "--yes", "--by", "Ann")
        assert [row["id"] for row in held(gateway)] == [third]
        assert hop.messages == []
        gateway.start_again()
        assert wait_until(lambda: told(gateway, first, Attempt))
        assert [row["id"] for row in held(gateway)] == [third]
        assert [message.gateway_id for message in hop.messages] == [first]
        (deleted,) = told(gateway, second, Deleted)
        assert isinstance(deleted, Deleted)
        assert (deleted.by, deleted.recipients) == ("Ann", ("b@ours.test",))
        assert "Traceback" not in gateway.output.read_text()


def test_only_the_recipients_are_held_for_whom_something_was_found(free_port: FreePort) -> None:
    with NextHop() as hop:
        settings: dict[str, Any] = {
            "domain": [{"name": "ours.test", "next_hop": [hop.address]}],
            "policy": {"relay_networks": ["::1"], "findings": {"network-blocked": "hold"}},
            "checks": {"lists": {"blocked": ["127.0.0.1"]}},
        }
        with Gateway(free_port(), settings=settings) as gateway:
            message = sent(gateway, "b@ours.test", "postmaster@ours.test")
            assert wait_until(lambda: told(gateway, message, Attempt))
            assert hop.messages[0].recipients == ("postmaster@ours.test",)
            assert wait_until(lambda: held(gateway))
            (row,) = held(gateway)
            assert (row["recipients"], row["rule"]) == (["b@ours.test"], "network-blocked")
            (reception,) = told(gateway, message, Reception)
            assert isinstance(reception, Reception)
            assert reception.disposition.action == "relay"
            (back,) = told(gateway, message, HeldBack)
            assert isinstance(back, HeldBack)
            assert (back.recipients, back.rule) == (("b@ours.test",), "network-blocked")
            quarantine(gateway, "release", message)
            assert wait_until(lambda: len(hop.messages) == 2)
            assert hop.messages[1].recipients == ("b@ours.test",)
            assert len(told(gateway, message, HeldBack)) == 1


def test_mail_that_has_nowhere_to_go_is_no_part_of_the_quarantine(free_port: FreePort) -> None:
    settings = {**HOLDING, "policy": {}, "checks": {}, "domain": [{"name": "ours.test"}]}
    with Gateway(free_port(), settings=settings) as gateway:
        message = sent(gateway)
        assert wait_until(lambda: told(gateway, message, HeldBack))
        assert held(gateway) == []
        assert wait_until(lambda: b"1 message is held for another reason" in quarantine(gateway, "list"))
        assert b"no next hop is named" in quarantine(gateway, "show", message)
        assert b"not held by policy, but by delivery" in quarantine(gateway, "release", message, ends=1)
