"""A caller is named by what is vouched for, and by its network where nothing is."""

from __future__ import annotations

import pytest
from publicsuffixlist import PublicSuffixList

from gatepost.checks.connection.identities import (
    DKIM,
    DMARC,
    REVERSE,
    SPF,
    aligned,
    network_of,
    plain_address,
    pool_of,
    signed_author,
    vouched,
)
from gatepost.checks.evidence import DkimEvidence, SpfEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from tests.checks.connection.ram import bad, good

SUFFIXES = PublicSuffixList()


def registered(domain: str) -> str:
    return SUFFIXES.privatesuffix(domain) or ""


def facts(*findings: Finding, helo: str = "mx7.example.net", client: str = "192.0.2.7") -> Facts:
    return Facts(session="s", client=client, role="inbound", relay=False, helo=helo, findings=findings)


POOLS = [
    ("SPF passed", facts(good(SPF, "Example.ORG")), "spf=example.org"),
    (
        "SPF passed, and all else",
        facts(good(SPF, "a.example"), good(REVERSE, "b.example.net")),
        "spf=a.example",
    ),
    ("HELO and reverse name agree", facts(good(REVERSE, "out-3.example.net")), "host=example.net"),
    ("they do not", facts(good(REVERSE, "a.dialup.example")), "net=192.0.2.0/24 name=dialup.example"),
    ("HELO alone", facts(), "net=192.0.2.0/24 name=example.net"),
    ("a deep suffix", facts(helo="a.b.example.co.uk"), "net=192.0.2.0/24 name=example.co.uk"),
    ("a suffix is nobody's", facts(helo="co.uk"), "net=192.0.2.0/24 name=-"),
    ("a literal", facts(helo="[192.0.2.7]"), "net=192.0.2.0/24 name=-"),
    ("rubbish", facts(helo="x y\0z"), "net=192.0.2.0/24 name=-"),
    ("nothing", facts(helo=""), "net=192.0.2.0/24 name=-"),
    ("IPv6", facts(helo="", client="2001:db8:1:2:3::4"), "net=2001:db8:1:2::/64 name=-"),
    ("SPF did not pass", facts(bad("spf-fail")), "net=192.0.2.0/24 name=example.net"),
]


@pytest.mark.parametrize(("facts", "pool"), [case[1:] for case in POOLS], ids=[case[0] for case in POOLS])
def test_the_pool_is_the_surest_name(facts: Facts, pool: str) -> None:
    assert pool_of(facts, registered) == pool


def test_only_what_its_own_check_found_good_is_vouched_for() -> None:
    findings = [good(SPF, "a.example"), good(DKIM, "b.example", "C.example"), bad("spf-fail"), good(DKIM)]
    assert vouched(findings, SPF) == ("a.example",)
    assert vouched(findings, DKIM) == ("b.example", "c.example")
    assert vouched(findings, REVERSE) == ()


def test_beside_a_good_signature_a_broken_one_gets_no_word_in_and_neutral_is_no_proof() -> None:
    signatures = (DkimEvidence("pass", "forger.example", "s"), DkimEvidence("fail", "bank.example", "s"))
    dkim = Finding(
        check=DKIM, stage=Stage.CONTENT, result=Result.CLEAN, name="dkim-pass", evidence=signatures
    )
    neutral = SpfEvidence("neutral", "mailfrom", "192.0.2.7", "bank.example", "by ?all")
    spf = Finding(check=SPF, stage=Stage.MAIL, result=Result.CLEAN, name="spf-neutral", evidence=(neutral,))
    assert vouched((dkim, spf), DKIM) == ("forger.example",)
    assert vouched((dkim, spf), SPF) == ()


@pytest.mark.parametrize(
    ("client", "plain", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        ("2001:DB8::0:1", "2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("unix", "unix", "unix"),
    ],
)
def test_an_address_is_written_in_one_way(client: str, plain: str, network: str) -> None:
    assert (plain_address(client), network_of(client)) == (plain, network)


@pytest.mark.parametrize(
    ("domain", "proven", "is_aligned"),
    [
        ("a.example", {"a.example"}, True),
        ("a.example.co.uk", {"b.example.co.uk"}, True),
        ("example.co.uk", {"other.co.uk"}, False),
        ("co.uk", {"example.co.uk"}, False),
        ("a.example", set(), False),
    ],
)
def test_a_domain_is_aligned_with_those_of_its_organisation(
    domain: str, proven: set[str], is_aligned: bool
) -> None:
    assert aligned(domain, proven, registered) is is_aligned


def test_an_author_signed_when_dmarc_passed_by_a_signature() -> None:
    dmarc = good(DMARC, "example.org")
    assert signed_author((dmarc, good(DKIM, "mail.example.org")), registered) == "example.org"
    assert signed_author((dmarc, good(SPF, "example.org"), good(DKIM, "service.example")), registered) == ""
    assert signed_author((good(DKIM, "example.org"),), registered) == ""
