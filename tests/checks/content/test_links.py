"""The links of a message are looked at once, lists and memory are asked about their domains, and bounds hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gatepost.checks.connection.correspondents import KNOWN
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.content.links import MAX_EVIDENCE, LinksCheck
from gatepost.checks.content.links_settings import LinksSettings
from gatepost.checks.evidence import (
    CorrespondentEvidence,
    LinkEvidence,
    ListingEvidence,
    NoteEvidence,
    OutageEvidence,
)
from gatepost.checks.facts import Content
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import Contacts
from gatepost.checks.memory import Memory
from gatepost.policy.known import KNOWN as ROWS
from tests.checks.connection.looking import facts, look, only
from tests.checks.connection.ram import Broken, Clock, Ram
from tests.zone import AT, Records, Zone

URI = "uri.example"
WELL: dict[str, Records | str] = {
    f"test.{URI}": {"A": ["127.0.0.2"]},
    f"2.0.0.127.{URI}": {"A": ["127.0.0.2"]},
}


def registered(host: str) -> str:
    return ".".join(host.split(".")[-2:]) if "." in host else ""


class Desk:
    """The check over a table of DNS, with what it asked."""

    def __init__(
        self,
        table: Mapping[str, Records | str] = WELL,
        *lists: dict[str, Any],
        contacts: Contacts | None = None,
        hang: Sequence[str] = (),
        **settings: Any,
    ) -> None:
        self.told: list[HealthChange] = []
        self.zone = Zone(table, hang)
        model = LinksSettings.model_validate({"list": lists, **settings})
        health = ListHealth(model, self.zone, lambda: AT, lambda: 0.0, self.told.append)
        self.check = LinksCheck(
            model,
            self.zone,
            health,
            lambda: 0.0,
            registered=registered,
            ours=lambda domain: domain == "ours.test",
            resembles=lambda domain: "",
            contacts=contacts,
        )

    def look(self, text: str) -> Sequence[Finding]:
        return look(self.check, Stage.CONTENT, facts(), f"Subject: s\r\n\r\n{text}\r\n".encode())

    def asked(self) -> list[str]:
        """Give what was asked, without test points and texts."""
        suffix = f".{URI}"
        names = [name.removesuffix(suffix) for name, kind in self.zone.asked if kind == "A"]
        return [name for name in names if name not in ("test", "invalid", "2.0.0.127", "1.0.0.127")]


def listed(*names: str) -> dict[str, Records | str]:
    return WELL | {f"{name}.{URI}": {"A": ["127.0.0.2"]} for name in names}


def notes(finding: Finding) -> list[str]:
    return [one.note for one in finding.evidence if isinstance(one, NoteEvidence)]


def test_a_message_without_links_is_clean_and_says_nothing() -> None:
    finding = only(Desk().look("Hello"))
    assert (finding.what, finding.result, finding.evidence) == ("link-clean", Result.CLEAN, ())
    assert look(Desk().check, Stage.CONTENT, facts()) == ()


def test_links_are_counted_and_kept_for_later_checks() -> None:
    desk = Desk()
    message = b"Subject: s\r\n\r\nhttp://a.test http://b.a.test http://c.test\r\n"
    content = Content(len(message), message)
    findings = desk.check.look(Stage.CONTENT, facts(), content)
    assert isinstance(findings, tuple)
    assert notes(findings[0]) == ["3 links to 2 domains"]
    assert [link.address.host for link in content.links] == ["a.test", "b.a.test", "c.test"]


def test_each_kind_of_link_has_its_finding_once_and_a_bounded_number_is_named() -> None:
    text = (
        " ".join([f"http://203.0.113.{number}/" for number in range(MAX_EVIDENCE + 5)]) + " http://a@b.test/"
    )
    findings = Desk().look(text)
    assert {finding.what: len(finding.evidence) for finding in findings} == {
        "link-address": MAX_EVIDENCE,
        "link-encoded-host": 1,
    }
    assert all(finding.what in ROWS for finding in findings)


def test_a_listed_domain_is_found_with_the_link_and_the_words_of_the_list() -> None:
    table = listed() | {f"evil.test.{URI}": {"A": ["127.0.0.8"], "TXT": ["seen in spam"]}}
    code = {"codes": "&8", "weight": 3, "meaning": "phishing"}
    desk = Desk(table, {"zone": URI, "name": "The List", "code": [code]})
    finding = only(desk.look("http://good.test and https://login.evil.test/x"))
    assert (finding.name, finding.score, finding.result) == ("link-listed", 3, Result.FOUND)
    link, listing = finding.evidence
    assert link == LinkEvidence(
        "https://login.evil.test/x", "login.evil.test", "the text", "evil.test is listed by The List"
    )
    assert isinstance(listing, ListingEvidence)
    assert (listing.address, listing.meaning, listing.text) == ("evil.test", "phishing", "seen in spam")
    assert (link.facts()["host"], listing.facts()["list"]) == ("login.evil.test", "The List")
    assert desk.asked() == ["good.test", "evil.test"]


def test_lists_are_asked_about_what_they_know() -> None:
    desk = Desk(WELL, {"zone": URI, "hosts": True, "addresses": True})
    desk.look(
        "http://a.b.test http://c.b.test http://203.0.113.9/ http://192.168.1.1/ http://[2001:db8::1]/ http://ours.test"
    )
    assert desk.asked() == ["b.test", "a.b.test", "c.b.test", "9.113.0.203"]
    hosts = Desk(WELL, {"zone": URI, "domains": False, "hosts": True})
    hosts.look("http://a.b.test http://203.0.113.9/")
    assert hosts.asked() == ["a.b.test"]


def test_a_listed_address_is_found() -> None:
    desk = Desk(listed("9.113.0.203"), {"zone": URI, "addresses": True})
    assert [finding.what for finding in desk.look("http://203.0.113.9/")] == ["link-listed", "link-address"]


def test_the_target_of_a_redirector_is_asked_about_too() -> None:
    desk = Desk(listed("evil.test"), {"zone": URI})
    findings = desk.look("https://www.google.com/url?q=https%3A%2F%2Fevil.test")
    assert [finding.what for finding in findings] == ["link-listed", "link-redirect"]
    link = findings[0].evidence[0]
    assert isinstance(link, LinkEvidence)
    assert link.where == "the text, within a link to www.google.com"


def test_a_list_counts_once_for_a_domain_and_its_hosts_and_lists_add_up() -> None:
    table = listed("evil.test", "a.evil.test", "b.evil.test")
    once = Desk(table, {"zone": URI, "hosts": True, "weight": 0.6})
    assert [finding.what for finding in once.look("http://a.evil.test http://b.evil.test")] == ["link-clean"]
    more = table | {"test.two.example": {"A": ["127.0.0.2"]}, "evil.test.two.example": {"A": ["127.0.0.2"]}}
    both = Desk(more, {"zone": URI, "weight": 0.6}, {"zone": "two.example", "weight": 0.5})
    assert only(both.look("http://a.evil.test")).score == pytest.approx(1.1)


def test_a_list_of_good_domains_speaks_against_the_others() -> None:
    table = listed("evil.test") | {
        "test.good.example": {"A": ["127.0.0.2"]},
        "evil.test.good.example": {"A": ["127.0.0.2"]},
    }
    desk = Desk(table, {"zone": URI}, {"zone": "good.example", "weight": -1})
    assert only(desk.look("http://evil.test")).what == "link-clean"


def test_no_more_is_asked_than_the_bound_and_what_a_reader_follows_comes_first() -> None:
    desk = Desk(WELL, {"zone": URI}, questions=2)
    page = "Content-Type: text/html\r\n\r\n<img src='http://i.test'><a href='http://a.test'>x</a><a href='http://b.test'>y</a>"
    message = page.encode()
    findings = look(desk.check, Stage.CONTENT, facts(), message)
    assert desk.asked() == ["a.test", "b.test"]
    assert "the questions were used up; 1 domains were not asked about" in notes(findings[0])


def test_our_own_domains_and_those_of_the_settings_are_never_asked_about() -> None:
    desk = Desk(listed("ours.test", "friend.test"), {"zone": URI}, unasked=["friend.test"])
    assert only(desk.look("http://ours.test http://www.friend.test")).what == "link-clean"
    assert desk.asked() == []


@pytest.mark.parametrize(
    "table",
    [
        {f"*.{URI}": {"A": ["127.0.0.2"]}},
        {f"*.{URI}": {"A": ["127.255.255.254"]}},
        {f"*.{URI}": {"A": ["203.0.113.80"]}},
        {f"evil.test.{URI}": {"A": ["127.0.0.2"]}},
        {URI: "SERVFAIL"},
    ],
)
def test_a_list_that_cannot_be_believed_is_an_outage_and_never_a_listing(
    table: dict[str, Records | str],
) -> None:
    findings = Desk(table, {"zone": URI}).look("http://evil.test")
    assert [finding.what for finding in findings] == ["link-unavailable"]
    assert [type(one) for one in findings[0].evidence] == [OutageEvidence]


def test_a_list_that_is_ill_is_left_out_and_named_and_the_others_count() -> None:
    table = listed("evil.test") | {"*.wild.example": {"A": ["127.0.0.2"]}}
    desk = Desk(table, {"zone": URI}, {"zone": "wild.example"})
    for _ in range(2):
        first, *others = desk.look("http://evil.test http://good.test")
        assert first.what == "link-listed"
        outages = [
            one.engine
            for finding in (first, *others)
            for one in finding.evidence
            if isinstance(one, OutageEvidence)
        ]
        assert outages == ["wild.example"]
    assert [(change.list, change.version, change.well) for change in desk.told if not change.well] == [
        ("wild.example", 0, False)
    ]


def known(memory: Memory, clock: Clock, *domains: str) -> Contacts:
    contacts = Contacts(180, memory, clock)
    for domain in domains:
        evidence = CorrespondentEvidence(2, 2, sender="author", domain=domain)
        contacts.learn(
            [Finding(check="c", stage=Stage.CONTENT, result=Result.FOUND, name=KNOWN, evidence=(evidence,))]
        )
    return contacts


@pytest.mark.parametrize("warm", [False, True])
def test_a_link_to_what_looks_like_a_contact_is_found_and_the_contact_stays_private(warm: bool) -> None:
    clock = Clock()
    desk = Desk(contacts=known(Ram(clock, warm), clock, "supplier.example"))
    finding = only(desk.look("http://www.supp1ier.example/ http://supplier.example/ http://other.example"))
    assert finding.what == "link-look-alike"
    (evidence,) = finding.evidence
    assert isinstance(evidence, LinkEvidence)
    assert "supplier.example, where known correspondents" in evidence.private
    assert "supplier.example" not in str(evidence.facts())


def test_a_memory_that_cannot_answer_is_an_outage() -> None:
    clock = Clock()
    findings = Desk(contacts=Contacts(180, Broken(), clock)).look("http://a.example")
    assert [finding.what for finding in findings] == ["link-unavailable"]


def test_a_content_that_cannot_be_read_is_an_outage(tmp_path: Path) -> None:
    gone = Content(5, file=str(tmp_path / "gone"))
    answer: Any = Desk().check.look(Stage.CONTENT, facts(), gone)
    assert [finding.what for finding in answer] == ["link-unavailable"]


def test_what_was_cut_is_told() -> None:
    finding = only(Desk().look("x " * 200_000))
    assert "characters were read" in notes(finding)[0]
