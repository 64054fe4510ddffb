"""Reports handed to a real gateway, which delivers them to a real next hop."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from gatepost.gateway.dmarc import sent
from gatepost.gateway.dmarc.outgoing import (
    PATIENCE,
    SETTLED,
    Door,
    Outcome,
    Shut,
    door_of,
    reports_of,
    send,
    sender_of,
)
from gatepost.gateway.settings import PID_FILE, Settings, load
from gatepost.mailauth.dmarc.report_xml import read_report
from tests.delivery.next_hop import NextHop
from tests.gateway.dmarc.day import OURS, asks, newest_day, write_mail
from tests.peers.gateway import Gateway
from tests.zone import Zone

FreePort = Callable[[], int]
DAY = newest_day() - 10 * 86_400  # the gateway itself sends those of yesterday only
LATER = DAY + 86_400 + 3600.0
RECORDS = {
    "a.test": asks("dmarc@a.test"),
    "b.test": asks("reports@elsewhere.test!1m"),
    "c.test": asks("reports@silent.test"),
    "d.test": asks("dmarc@d.test!10"),
}
ZONE = {
    "b.test._report._dmarc.elsewhere.test": {"TXT": ["v=DMARC1"]},
    "silent.test": {"A": ["192.0.2.1"]},
    "elsewhere.test": {"A": ["192.0.2.1"]},
    "lame.test": "SERVFAIL",
}


class Setting:
    """A gateway, the hop behind it, and what its settings say."""

    def __init__(self, gateway: Gateway, hop: NextHop) -> None:
        self.gateway = gateway
        self.hop = hop
        self.settings = load(gateway.config)
        self.directory = self.settings.dmarc_dir / "sent"

    def send(self, now: float = LATER, zone: dict[str, object] | None = None) -> Outcome:
        """Send what is to be sent of the day."""
        asked = reports_of(self.settings, DAY)
        with sent.opened(self.directory, DAY) as log:
            door = door_of(self.settings)
            assert isinstance(door, Door)
            table = Zone({**ZONE, **(zone or {})})  # type: ignore[arg-type]
            return asyncio.run(send(self.settings, asked, log, door, table, lambda: now))


@pytest.fixture(scope="module")
def hop() -> Iterator[NextHop]:
    with NextHop() as running:
        yield running


@pytest.fixture
def setting(free_port: FreePort, hop: NextHop) -> Iterator[Setting]:
    hop.messages.clear()
    settings = {
        "domain": [{"name": OURS, "next_hop": [hop.address]}, {"name": "*", "next_hop": [hop.address]}],
        "dmarc": {"reports_from": f"reports@{OURS}", "organization": "Ours & Co"},
    }
    with Gateway(free_port(), settings=settings) as gateway:
        write_mail(gateway.data_dir / "journal", [DAY - 86_400, DAY, DAY + 86_400], RECORDS)
        yield Setting(gateway, hop)


def fates(outcome: Outcome) -> dict[str, str]:
    return {one.domain: one.fate for one in outcome.told}


def test_each_owner_gets_the_report_of_the_day_where_it_may_go_and_only_once(setting: Setting) -> None:
    outcome = setting.send()
    assert fates(outcome) == {"a.test": "sent", "b.test": "sent", "c.test": "nobody", "d.test": "nobody"}
    assert (outcome.sent, outcome.unsent, outcome.later) == (2, 2, 0)
    assert "takes 10 octets at most" in outcome.told[3].detail
    mails = {message.recipients: message for message in setting.hop.wait_for(2)}
    assert set(mails) == {("dmarc@a.test",), ("reports@elsewhere.test",)}
    mail = message_from_bytes(mails["dmarc@a.test",].content)
    assert mails["dmarc@a.test",].reverse_path == f"reports@{OURS}"
    assert mail["From"] == f"<reports@{OURS}>"
    payload = mail.get_payload()[1].get_payload(decode=True)  # type: ignore[union-attr,index]
    assert isinstance(payload, bytes)
    report = read_report(gzip.decompress(payload))
    assert (report.org_name, report.policy.domain, report.begin, report.messages) == (  # type: ignore[union-attr]
        "Ours & Co",
        "a.test",
        DAY,
        1,
    )
    assert setting.send().told == ()
    assert len(setting.hop.messages) == 2
    assert sent.read(setting.directory, DAY).finished == sent.Finished(LATER, 2, 2)


def test_a_report_that_was_taken_before_a_crash_is_found_by_its_id_and_not_sent_again(
    setting: Setting,
) -> None:
    """The crash is after the 250 and before the line that notes it."""
    setting.send()
    setting.hop.wait_for(2)
    [path] = setting.directory.glob(f"{datetime.fromtimestamp(DAY, UTC):%Y-%m-%d}*")
    begun = [line for line in path.read_bytes().splitlines(keepends=True) if b'"begun"' in line]
    now = time.time()
    path.write_bytes(b"".join(begun).replace(b'"time":%.1f' % LATER, b'"time":%.1f' % now))
    outcome = setting.send(now + SETTLED / 2)
    assert fates(outcome) == {"a.test": "later", "b.test": "later", "c.test": "nobody", "d.test": "nobody"}
    assert sent.read(setting.directory, DAY).finished is None
    outcome = setting.send(now + SETTLED + 1)
    assert [(one.fate, one.detail) for one in outcome.told] == [("sent", "before an interruption")] * 2
    assert len(setting.hop.messages) == 2
    assert sent.read(setting.directory, DAY).finished is not None


def test_a_report_that_was_only_begun_is_sent_after_a_while(setting: Setting) -> None:
    """The crash is before the gateway took it: neither spool nor journal know its id."""
    with sent.opened(setting.directory, DAY) as log:
        for one in reports_of(setting.settings, DAY)[:2]:
            log.add(sent.Begun(LATER, one.report.report_id))
    assert fates(setting.send(LATER + 1))["a.test"] == "later"
    assert setting.hop.messages == []
    now = time.time() + SETTLED + 1
    assert fates(setting.send(now)) == {"a.test": "sent", "b.test": "sent"}
    assert len(setting.hop.wait_for(2)) == 2


def test_after_a_long_standstill_a_report_in_doubt_waits_until_the_workers_have_had_their_time(
    setting: Setting,
) -> None:
    with sent.opened(setting.directory, DAY) as log:
        log.add(sent.Begun(LATER, reports_of(setting.settings, DAY)[0].report.report_id))
    started = (setting.gateway.data_dir / PID_FILE).stat().st_mtime
    assert started > LATER + SETTLED
    assert fates(setting.send(started + SETTLED - 1))["a.test"] == "later"
    assert setting.send(started + SETTLED + 1).told[0].fate == "sent"


def test_when_dns_does_not_tell_the_report_waits_but_not_for_ever(setting: Setting) -> None:
    lame = {"elsewhere.test": "SERVFAIL"}
    zone = {name: records for name, records in ZONE.items() if "elsewhere" not in name}
    for now, fate in ((LATER, "later"), (DAY + 86_400 + PATIENCE, "nobody")):
        asked = [one for one in reports_of(setting.settings, DAY) if one.report.policy.domain == "b.test"]
        with sent.opened(setting.directory, DAY) as log:
            door = door_of(setting.settings)
            assert isinstance(door, Door)
            outcome = asyncio.run(
                send(setting.settings, asked, log, door, Zone({**zone, **lame}), lambda now=now: now)  # type: ignore[misc,dict-item]
            )
        assert fates(outcome) == {"b.test": fate}


def test_when_the_gateway_does_not_answer_it_is_tried_again(setting: Setting, free_port: FreePort) -> None:
    asked = reports_of(setting.settings, DAY)[:1]
    with sent.opened(setting.directory, DAY) as log:
        closed = Door("127.0.0.1", free_port())
        outcome = asyncio.run(send(setting.settings, asked, log, closed, Zone({}), lambda: LATER))
        assert fates(outcome) == {"a.test": "later"}
        assert log.finished is None


def made(tmp_path: Path, **values: object) -> Settings:
    return Settings.model_validate(
        {"data_dir": tmp_path, "domain": [{"name": OURS, "next_hop": ["127.0.0.1"]}], **values}
    )


ABROAD = [{"name": OURS}, {"name": "*", "next_hop": ["127.0.0.1"]}]


def test_the_way_out_is_a_listener_that_relays_for_this_machine(tmp_path: Path) -> None:
    listeners = [{"address": "192.0.2.1:25"}, {"address": "0.0.0.0:2525"}]
    assert door_of(made(tmp_path, domain=ABROAD, listener=listeners)) == Door("127.0.0.1", 2525)
    relays = {"relay_networks": ["192.0.2.0/24"]}
    assert door_of(made(tmp_path, domain=ABROAD, listener=listeners, policy=relays)) == Door("192.0.2.1", 25)
    assert door_of(made(tmp_path, domain=ABROAD, listener=[{"address": "[::]:25"}])) == Door("::1", 25)


def test_without_a_way_out_it_is_said_what_is_missing(tmp_path: Path) -> None:
    shut = door_of(made(tmp_path))
    assert isinstance(shut, Shut)
    assert shut.why.endswith('name one for the domain "*"')
    shut = door_of(made(tmp_path, domain=ABROAD, policy={"relay_networks": ["192.0.2.0/24"]}))
    assert isinstance(shut, Shut)
    assert "relay_networks" in shut.why


def test_reports_by_hand_come_from_the_postmaster_where_nobody_is_named(tmp_path: Path) -> None:
    sender = sender_of(made(tmp_path))
    assert (sender.address, sender.domain, sender.organization) == (f"postmaster@{OURS}", OURS, OURS)
