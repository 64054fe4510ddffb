"""`gatepost scan` tells what would happen to a file's message, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.scan import scan
from tests.peers.gateway import to_toml
from tests.peers.nameserver import Nameserver

FORGED = (
    b"Return-Path: <eve@evil.test>\n"
    b'From: "ann@bank.test" <eve@evil.test>\n'
    b"Subject: =?utf-8?q?your_\x1b[31maccount?=\n"
    b"\n"
    b"Hello.\n"
)
TABLE = {
    "bank.test": {"TXT": ["v=spf1 -all"]},
    "_dmarc.bank.test": {"TXT": ["v=DMARC1; p=reject"]},
}


@pytest.fixture
def config(free_port: Callable[[], int], tmp_path: Path) -> Iterator[Path]:
    with Nameserver(free_port(), TABLE) as nameserver:
        file = tmp_path / "gatepost.toml"
        domain = {"name": "ours.test", "next_hop": ["127.0.0.1:25"]}
        settings = {
            "data_dir": str(tmp_path / "data"),
            "dns": {"nameservers": [nameserver.address]},
            "domain": [domain],
        }
        file.write_text(to_toml(settings))
        yield file


def run(config: Path, content: bytes, *arguments: str) -> Result:
    file = config.with_name("message.eml")
    file.write_bytes(content)
    return CliRunner().invoke(scan, [str(file), "-c", str(config), *arguments])


def test_the_answer_comes_first_and_then_what_it_rests_on(config: Path) -> None:
    done = run(config, FORGED)
    assert done.exit_code == 0, done.output
    first, _, *rest = done.output.splitlines()
    assert first == "The message would be accepted."
    told = " ".join(" ".join(rest).split())
    assert "Reply 250 2.0.0 Message accepted for delivery" in told
    assert "Envelope eve@evil.test to nobody named, from no client that was named" in told
    assert "Found " in told
    assert "author-name-forged" in told
    assert "the name shows an address at bank.test" in told


def test_what_would_be_refused_ends_with_status_1(config: Path) -> None:
    done = run(config, FORGED.replace(b"evil.test", b"bank.test"))
    assert done.exit_code == 1
    assert done.output.startswith("The message would be refused.")
    assert "550 5.7.26 bank.test asks to refuse mail" in " ".join(done.output.split())


def test_a_strangers_words_do_not_paint_the_terminal(config: Path) -> None:
    assert "\x1b" not in run(config, FORGED).output


def test_a_script_gets_disposition_reply_score_and_findings(config: Path) -> None:
    told = json.loads(run(config, FORGED, "--json").output)
    assert told["disposition"]["action"] == "relay"
    assert (told["reply"]["code"], told["reply"]["entry"]) == (250, "message-accepted")
    assert told["score"] == told["disposition"]["score"] > 0
    assert "author-name-forged" in [finding.get("name") for finding in told["findings"]]
    assert [answer["stage"] for answer in told["answers"]] == ["content"]


def test_what_is_said_of_the_session_is_looked_at(config: Path) -> None:
    done = run(
        config,
        FORGED,
        "--client-ip",
        "192.0.2.7",
        "--helo",
        "x",
        "--mail-from",
        "<>",
        "--rcpt-to",
        "a@no.test",
    )
    assert done.exit_code == 1
    told = " ".join(done.output.split())
    assert told.startswith("The message would be refused for a@no.test.")
    assert "Envelope <> to a@no.test, from 192.0.2.7 as x" in told
    assert "helo-no-dot" in told


def test_an_mbox_line_is_no_part_of_the_message_and_standard_input_is_read(config: Path) -> None:
    mbox = b"From eve@evil.test Sat Nov 28 10:00:00 2026\n" + FORGED
    done = CliRunner().invoke(scan, ["-", "-c", str(config)], input=mbox)
    assert done.exit_code == 0
    assert "eve@evil.test" in done.output


@pytest.mark.parametrize(
    ("content", "arguments", "status", "words"),
    [
        (b"\n \n", (), 1, "is empty; give a file that holds one message"),
        (FORGED, ("--client-ip", "nowhere"), 2, "'nowhere' is no IP address; write 192.0.2.7"),
        (FORGED, ("--rcpt-to", "a b"), 2, "'a b' is no mail address; write bob@example.org"),
        (FORGED, ("--mail-from", "a b"), 2, "'a b' is no mail address"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    config: Path, content: bytes, arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = run(config, content, *arguments)
    assert done.exit_code == status
    assert words in " ".join(done.output.split())
