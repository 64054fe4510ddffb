"""What a link tells against a message, and what honest senders write and is not told."""

from __future__ import annotations

import pytest

from gatepost.checks.connection.identities import DMARC
from gatepost.checks.content.link_cues import LinkCues, Sender, evidence, sender_of
from gatepost.checks.evidence import DkimEvidence, DmarcEvidence, LinkEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.links import SeenLink, read_address


def registered(host: str) -> str:
    return ".".join(host.split(".")[-2:]) if "." in host else ""


def ours(domain: str) -> bool:
    return domain == "ours.test"


def resembles(domain: str) -> str:
    return "it looks like ours.test" if domain == "0urs.test" else ""


CUES = LinkCues(
    registered, ours, resembles, shorteners=frozenset({"kurz.test"}), trackers=frozenset({"klicks.test"})
)
SHOP = Sender("shop.example", frozenset({"shop.example", "esp.test"}))


def seen(target: str, shown: str = "") -> SeenLink:
    address = read_address(target)
    assert address is not None
    return SeenLink(address, "the text", shown)


def cues(target: str, shown: str = "", sender: Sender = SHOP) -> dict[str, str]:
    link = seen(target, shown)
    domain = "" if link.address.is_ip else registered(link.address.host)
    return {name: what.why for name, what in CUES.of(link, domain, sender)}


def test_a_plain_link_tells_nothing() -> None:
    assert cues("https://a.example/x", "here") == {}
    assert cues("https://www.a.example/x", "a.example") == {}


@pytest.mark.parametrize(
    ("target", "name", "why"),
    [
        ("http://203.0.113.9/x", "link-address", "an address stands in place of a name"),
        ("http://[2001:db8::1]/x", "link-address", "an address stands in place of a name"),
        ("https://bank.example@evil.test/", "link-encoded-host", "what stands before the @ is not the host"),
        ("https://bit.ly/x", "link-shortener", "a shortener, which does not show where it leads"),
        ("https://kurz.test/x", "link-shortener", "a shortener, which does not show where it leads"),
        ("https://www.0urs.test/x", "link-look-alike", "it looks like ours.test"),
        (
            "https://www.google.com/url?q=https://evil.test",
            "link-redirect",
            "it leads on to any address that it is given",
        ),
    ],
)
def test_a_link_tells_by_itself(target: str, name: str, why: str) -> None:
    assert cues(target) == {name: why}


def test_an_address_that_hides_is_told_for_both() -> None:
    assert set(cues("http://3405803785/")) == {"link-address", "link-encoded-host"}


@pytest.mark.parametrize(
    "target",
    [
        "http://192.168.1.1/printer",
        "http://[fe80::1]/",
        "https://www.google.com/search?q=x",
        "https://ours.test/x",
    ],
)
def test_a_local_address_a_search_and_our_own_domain_tell_nothing(target: str) -> None:
    assert cues(target) == {}


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://evil.test/login", "https://www.bank.example/login"),
        ("https://evil.test/login", "bank.example"),
        ("https://evil.test/login", "Go to https://bank.example/ now"),
        ("http://203.0.113.9/", "www.bank.example"),
        ("https://bank.example.evil.test/", "bank.example"),
        ("https://evil.test/", "http://192.0.2.1/"),
        ("https://click.list-manage.com/x", "www.bank.example"),
        ("https://click.klicks.test/x", "www.bank.example"),
        ("https://click.esp.test/x", "www.bank.example"),
    ],
)
def test_a_link_that_shows_another_domain_is_told(target: str, shown: str) -> None:
    assert "link-mismatch" in cues(target, shown)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://evil.test/", "Click here"),
        ("https://www.shop.example/", "shop.example"),
        ("https://shop.us1.list-manage.com/track?x", "www.shop.example"),
        ("https://click.klicks.test/x", "www.shop.example"),
        ("https://click.esp.test/x", "https://www.shop.example/sale"),
        ("https://r.test/?u=https%3A%2F%2Fbank.example%2F", "https://bank.example/"),
        ("https://urldefense.com/v3/__https:/bank.example/__;x", "https://bank.example/"),
        ("https://ours.test/", "bank.example"),
        ("https://a.test/", "Node.js"),
    ],
)
def test_what_honest_newsletters_and_gateways_write_is_not_told(target: str, shown: str) -> None:
    assert "link-mismatch" not in cues(target, shown)


def test_clicks_are_counted_for_a_proven_author_only() -> None:
    target, shown = "https://click.list-manage.com/x", "www.shop.example"
    assert "link-mismatch" in cues(target, shown, Sender("", frozenset({"evil.test"})))


def test_the_sender_is_known_by_proof() -> None:
    def facts(*domains: str) -> Facts:
        author = DmarcEvidence("none", "mail.shop.example", "no record")
        signed = [DkimEvidence("pass", domain, "s") for domain in domains]
        finding = Finding(check=DMARC, stage=Stage.CONTENT, result=Result.CLEAN, evidence=(author, *signed))
        return Facts(session="s", client="192.0.2.1", role="inbound", relay=False, findings=(finding,))

    assert sender_of(facts("shop.example", "esp.test"), registered) == SHOP
    assert sender_of(facts("esp.test"), registered) == Sender("", frozenset({"esp.test"}))
    assert sender_of(facts(), registered) == Sender()


def test_the_evidence_says_where_and_only_host_and_matter_are_public() -> None:
    found = evidence(seen("https://bank.example@evil.test/?who=b@ours.test"), "it hides", "and more")
    assert found == LinkEvidence(
        "https://bank.example@evil.test/?who=b@ours.test", "evil.test", "the text", "it hides", "and more"
    )
    assert found.facts() == {"host": "evil.test", "why": "it hides"}
    assert found.words().endswith("in the text: it hides; and more")
    number = evidence(seen("http://3221226037/" + "x" * 500), "a number")
    assert len(number.link) == 200
    assert ", which leads to 192.0.2.53 in the text" in number.words()
