"""Reports that come by mail: through the running gateway to its next hop, and into what `received` shows."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gatepost.gateway.dmarc.inbox import Letter
from gatepost.gateway.dmarc.incoming import EVENT, Waiting, inbox_of, read
from gatepost.gateway.dmarc.overview import Overview, overview
from gatepost.gateway.settings import Settings, load
from gatepost.journal.reader import records
from gatepost.journal.records import Noted
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_xml import write_report
from tests.delivery.next_hop import NextHop, wait_until
from tests.mailauth.dmarc.test_attached import failure_mail, mail
from tests.mailauth.dmarc.test_sources import report, row
from tests.peers.client import Client
from tests.peers.gateway import Gateway, environment

ADDRESS = "dmarc@good.example"
BEGIN = int(time.time()) // 86_400 * 86_400 - 86_400


def attached(one: Report, padding: int = 0) -> bytes:
    packed = mail(gzip.compress(write_report(one)), "application/gzip", "r.xml.gz")
    return packed.replace(b"\n", b"\r\n").replace(
        b"A report.", b"A report." + b"\r\n" + b"x" * 60 * (padding > 0), 1
    ) + (b"\r\n" + b"y" * 70) * (padding // 72)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {"data_dir": tmp_path, "domain": [{"name": "good.example"}], "dmarc": {"reports_to": [ADDRESS]}}
    )


def put(
    settings: Settings, content: bytes, message: str = "0000000000000-1", sender: str = "them.example"
) -> None:
    directory = inbox_of(settings)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{message}.eml").write_bytes(content)
    letter = Letter(message=message, time=time.time(), sender=sender)
    (directory / f"{message}.json").write_bytes(msgspec.json.encode(letter))


def seen(settings: Settings) -> Overview:
    return overview(settings, time.time() - 30 * 86_400)


def notes(settings: Settings) -> list[str]:
    settings.journal_dir.mkdir(exist_ok=True)
    return [
        record.detail
        for record in records(settings.journal_dir)
        if isinstance(record, Noted) and record.event == EVENT
    ]


def test_what_waits_is_read_kept_and_put_down(settings: Settings) -> None:
    waiting = Waiting(settings)
    assert not waiting.due()
    put(settings, attached(report(row("192.0.2.7", 12), begin=BEGIN)))
    assert waiting.due()
    assert read(settings, time.time)
    assert not waiting.due()
    [domain] = seen(settings).domains
    assert (domain.view.domain, domain.view.messages, domain.unproven) == ("good.example", 12, 0)
    [note] = notes(settings)
    assert note.startswith("them reports 12 messages in the name of good.example on ")
    assert note.endswith(", 12 of them failed")


def test_what_cannot_be_read_or_is_none_of_ours_is_counted_and_told(settings: Settings) -> None:
    foreign = report(row("192.0.2.7"), begin=BEGIN)
    foreign = msgspec.structs.replace(
        foreign, policy=msgspec.structs.replace(foreign.policy, domain="other.example")
    )
    for number, content in enumerate((b"Subject: hi\r\n\r\nhello\r\n", attached(foreign), failure_mail())):
        put(settings, content, f"000000000000{number}-1")
    assert read(settings, time.time)
    assert seen(settings).domains == ()
    whys = {unread.why: unread.count for unread in seen(settings).unread}
    assert whys == {"it is about a domain that is none of ours": 2, "it holds no report": 1}
    assert len(notes(settings)) == 3


def test_a_report_that_ended_its_reader_is_counted_and_not_tried_again(settings: Settings) -> None:
    put(settings, attached(report(row("192.0.2.7"), begin=BEGIN)))
    directory = inbox_of(settings)
    (directory / "0000000000000-1.json").rename(directory / "0000000000000-1.begun")
    assert read(settings, time.time)
    assert [unread.why for unread in seen(settings).unread] == [
        "reading it took more time or memory than there is"
    ]
    assert list(directory.iterdir()) == []


def test_what_cannot_be_kept_waits(settings: Settings) -> None:
    put(settings, attached(report(row("192.0.2.7"), begin=BEGIN)))
    store = settings.dmarc_dir / "received.sqlite3"
    store.mkdir()
    assert not read(settings, time.time)
    store.rmdir()
    assert read(settings, time.time)
    assert len(seen(settings).domains) == 1


def test_reports_of_parents_and_subdomains_are_ours(settings: Settings) -> None:
    for number, domain in enumerate(("mail.good.example", "example")):
        one = report(row("192.0.2.7"), begin=BEGIN)
        one = msgspec.structs.replace(one, policy=msgspec.structs.replace(one.policy, domain=domain))
        put(settings, attached(one), f"000000000000{number}-1")
    assert read(settings, time.time)
    assert [domain.view.domain for domain in seen(settings).domains] == ["mail.good.example"]


@pytest.fixture
def running(free_port: Callable[[], int]) -> Iterator[tuple[Gateway, NextHop]]:
    """A gateway of two workers that takes reports, before a next hop."""
    with NextHop() as hop:
        settings = {
            "workers": 2,
            "reception": {"memory_per_message": 65_536},
            "domain": [{"name": "good.example", "next_hop": [hop.address]}],
            "dmarc": {"reports_to": [ADDRESS]},
        }
        with Gateway(free_port(), settings=settings) as gateway:
            yield gateway, hop
            assert "Traceback" not in gateway.output.read_text()


def test_a_report_by_mail_is_delivered_as_ever_and_shown(running: tuple[Gateway, NextHop]) -> None:
    gateway, hop = running
    small = attached(report(row("192.0.2.7", 5), row("198.51.100.1", 3, by="mailer.example"), begin=BEGIN))
    large = attached(report(row("192.0.2.7", 7), begin=BEGIN, organization="large"), padding=300_000)
    bomb = mail(gzip.compress(b"<feedback>" + b" " * (1 << 25)), "application/gzip", "r.gz").replace(
        b"\n", b"\r\n"
    )
    with Client(gateway.port) as client:
        for content in (small, large, bomb):
            for recipient in (ADDRESS, "somebody@good.example"):
                [result] = client.send("noreply@them.example", (recipient,), content)
                assert result.reply.code == 250
    assert len(hop.wait_for(6)) == 6
    settings = load(gateway.config)
    assert wait_until(lambda: len(notes(settings)) == 3), gateway.words()
    command = [sys.executable, "-m", "gatepost", "dmarc", "received", "-c", str(gateway.config)]
    done = subprocess.run([*command, "--json"], env=environment(), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    [domain] = found["domains"]
    assert (domain["view"]["messages"], domain["view"]["reports"], domain["unproven"]) == (15, 2, 2)
    assert found["unread"] == [{"why": "it is larger than 32 MiB", "count": 1}]
    said = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout
    assert "mailer.example, sends as itself, in your name" in said
    trace = [sys.executable, "-m", "gatepost", "trace", hop.messages[0].gateway_id, "-c", str(gateway.config)]
    story = subprocess.run(trace, env=environment(), capture_output=True, text=True, check=True).stdout
    assert "them reports 8 messages" in " ".join(story.split())
