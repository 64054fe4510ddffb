"""The tree walk asks what RFC 9989 §4.10 says, and finds the records and domains that its examples name."""

from __future__ import annotations

import pytest
from publicsuffixlist import PublicSuffixList

from gatepost.mailauth.dmarc.discovery import (
    MAX_QUERIES,
    Found,
    Lookup,
    Walk,
    names,
    organizational,
    policy_of,
    walk,
)
from tests.mailauth.dmarc.zone import Zone, run

SUFFIXES = PublicSuffixList()
P = "v=DMARC1; p=reject"
BANK = {"_dmarc.bank.example": f"{P}; psd=y"}  # of RFC 9989 appendix B.4


def walked(start: str, zone: Zone, *, suffixes: PublicSuffixList | None = None) -> Walk:
    return run(walk(start, Lookup(zone), suffixes))


def zone(*domains: str, **psd: str) -> Zone:
    """Make a zone with a record at each domain; `com="y"` gives _dmarc.com a psd tag."""
    records = {f"_dmarc.{domain}": P for domain in domains}
    return Zone(records | {f"_dmarc.{domain}": f"{P}; psd={value}" for domain, value in psd.items()})


def test_a_deep_name_is_shortened_so_that_eight_are_asked() -> None:
    # The example of §4.10.
    assert list(names("a.b.c.d.e.f.g.h.i.j.mail.example.com")) == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]


@pytest.mark.parametrize("labels", range(1, 128))
def test_no_walk_asks_more_than_eight_names(labels: int) -> None:
    start = ".".join("a" * labels)
    asked = list(names(start))
    assert len(asked) == min(labels, MAX_QUERIES)
    assert asked[0] == start
    assert asked[-1] == "a"
    if labels <= MAX_QUERIES:
        assert asked == [".".join("a" * count) for count in range(labels, 0, -1)]


EXAMPLES = [
    # §4.10.2
    ("a.mail.example.com", zone("mail.example.com", "example.com"), "example.com"),
    (
        "a.mail.example.com",
        Zone({"_dmarc.mail.example.com": f"{P}; psd=n", "_dmarc.example.com": P}),
        "mail.example.com",
    ),
    ("a.mail.example.com", zone(com="y"), "example.com"),
    ("mail.example.com", Zone({"_dmarc.example.com": f"{P}; psd=y"}), "mail.example.com"),
    # Appendix B.4
    ("example.com", zone("example.com", "signing.example.com"), "example.com"),
    ("signing.example.com", zone("example.com", "signing.example.com"), "example.com"),
    ("a.b.c.d.e.f.g.h.i.j.k.example.com", zone("example.com", "signing.example.com"), "example.com"),
    ("giant.bank.example", Zone(BANK | {"_dmarc.giant.bank.example": P}), "giant.bank.example"),
    ("mail.giant.bank.example", Zone(BANK | {"_dmarc.giant.bank.example": P}), "giant.bank.example"),
    ("mail.mega.bank.example", Zone(BANK | {"_dmarc.giant.bank.example": P}), "mega.bank.example"),
    # What follows from the rules
    ("a.example.com", Zone({}), "a.example.com"),
    ("bank.example", Zone(BANK), "bank.example"),
    ("a.example.com", zone("com"), "com"),
    ("a.example.com", Zone({"_dmarc.example.com": [P, P], "_dmarc.a.example.com": P}), "a.example.com"),
    (
        "a.example.com",
        Zone({"_dmarc.example.com": "v=spf1 -all", "_dmarc.a.example.com": P}),
        "a.example.com",
    ),
]


@pytest.mark.parametrize(("start", "records", "expected"), EXAMPLES)
def test_the_organizational_domain_is_found(start: str, records: Zone, expected: str) -> None:
    assert organizational(walked(start, records)) == expected


def test_a_walk_ends_at_a_psd_tag() -> None:
    records = Zone({"_dmarc.example.com": f"{P}; psd=n", "_dmarc.com": P})
    assert [found.domain for found in walked("a.example.com", records).found] == ["example.com"]
    assert records.asked == ["_dmarc.a.example.com", "_dmarc.example.com"]


def test_several_records_at_one_name_are_none_and_that_is_told() -> None:
    lookup = Lookup(Zone({"_dmarc.a.test": [P, "v=DMARC1; p=none", "something else"]}))
    assert run(lookup.record("a.test")) is None
    assert lookup.problems == ["a.test has 2 DMARC records, so none counts"]


def test_the_walks_of_a_message_ask_each_name_once() -> None:
    records = zone("example.com")
    lookup = Lookup(records)
    for start in ("example.com", "a.example.com", "b.example.com", "example.com"):
        run(walk(start, lookup))
    assert sorted(records.asked) == sorted(
        {"_dmarc.example.com", "_dmarc.com", "_dmarc.a.example.com", "_dmarc.b.example.com"}
    )
    assert len(lookup.answers) == 4


@pytest.mark.parametrize(
    ("start", "records", "expected"),
    [
        ("a.example.com", zone("a.example.com", "example.com"), "a.example.com"),
        ("a.example.com", zone("example.com"), "example.com"),
        ("a.b.example.com", zone("b.example.com", "example.com"), "example.com"),
        (
            "a.b.example.com",
            Zone({"_dmarc.b.example.com": f"{P}; psd=n", "_dmarc.example.com": P}),
            "b.example.com",
        ),
        ("mail.mega.bank.example", Zone(BANK), "bank.example"),
        ("mail.mega.bank.example", Zone(BANK | {"_dmarc.mega.bank.example": P}), "mega.bank.example"),
        # A record between the two does not apply: neither the author's, the organization's nor the suffix's.
        ("a.mail.mega.bank.example", Zone(BANK | {"_dmarc.mail.mega.bank.example": P}), "bank.example"),
        ("a.example.com", Zone({}), None),
    ],
)
def test_the_policy_is_the_authors_or_the_organizations_or_the_suffixs(
    start: str, records: Zone, expected: str | None
) -> None:
    found = policy_of(walked(start, records))
    assert (found.domain if found else None) == expected


def test_a_failure_ends_a_walk_and_is_told() -> None:
    records = Zone({"_dmarc.a.example.com": P}, fail=["_dmarc.example.com"])
    walk_ = walked("a.example.com", records)
    assert walk_.failed == "example.com"
    assert [found.domain for found in walk_.found] == ["a.example.com"]
    assert "_dmarc.com" not in records.asked


def test_a_failing_public_suffix_is_read_over_when_there_are_records_below() -> None:
    records = Zone({"_dmarc.example.com": P}, fail=["_dmarc.com"])
    assert walked("a.example.com", records).failed == "com"
    helped = walked("a.example.com", records, suffixes=SUFFIXES)
    assert (helped.failed, organizational(helped, SUFFIXES)) == ("", "example.com")
    assert walked("a.example.com", Zone({}, fail=["_dmarc.com"]), suffixes=SUFFIXES).failed == "com"


def test_an_old_record_at_a_public_suffix_does_not_make_one_organization_of_all_below() -> None:
    # As registries had them for RFC 9091: with np, without psd.
    records = Zone({"_dmarc.gov.uk": f"{P}; sp=none; np=reject"})
    ours = walked("mail.one.gov.uk", records)
    assert organizational(ours) == "gov.uk"
    assert organizational(ours, SUFFIXES) == "one.gov.uk"
    assert policy_of(ours, SUFFIXES) == Found("gov.uk", ours.found[0].record)
    assert organizational(walked("gov.uk", records), SUFFIXES) == "gov.uk"


@pytest.mark.parametrize("tag", ["psd=u", "t=n"])
def test_an_owner_who_knows_rfc_9989_is_taken_at_his_word(tag: str) -> None:
    records = Zone({"_dmarc.gov.uk": f"{P}; {tag}"})
    assert organizational(walked("mail.one.gov.uk", records), SUFFIXES) == "gov.uk"


@pytest.mark.parametrize(
    ("records", "exists"),
    [
        (Zone({}), False),
        (Zone({}, exist=["a.example.com"]), True),
        (Zone({"a.example.com": "some text"}), True),
    ],
)
def test_a_name_exists_when_it_has_any_record(records: Zone, exists: bool) -> None:
    assert run(Lookup(records).exists("a.example.com")) is exists


def test_whether_a_name_exists_may_stay_unknown() -> None:
    answer = run(Lookup(Zone({}, fail=["a.example.com"])).exists("a.example.com"))
    assert not isinstance(answer, bool)
    assert answer.reason == "SERVFAIL"
