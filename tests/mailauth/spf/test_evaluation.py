"""Records are evaluated term by term, within the limits of RFC 7208 §4.6.4, and the way to the result is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gatepost.mailauth.spf import Result, Spf, Step, check_mail
from tests.mailauth.spf.zone import TIMEOUT, Zone

V4, V6 = "192.0.2.1", "2001:db8::1"


def spf(zone: Zone, client: str = V4, sender: str = "joe@a.example", helo: str = "h.example") -> Spf:
    return asyncio.run(
        check_mail(
            client=client, reverse_path=sender, helo=helo, resolver=zone, receiver="gate.example", now=1.7e9
        )
    )


def zone(**records: Any) -> Zone:
    """Make a zone: `a="v=spf1 ..."` is the record of a.example; of other kinds name them in a dict."""
    rows = {
        name: {"TXT": [row]} if isinstance(row, str) and row != TIMEOUT else row
        for name, row in records.items()
    }
    return Zone({f"{name.replace('_', '.')}.example": row for name, row in rows.items()})


def path(word: Spf) -> list[tuple[str, str]]:
    return [(step.domain, step.term) for step in word.path]


def test_a_record_of_addresses_is_decided_by_one_question() -> None:
    dns = zone(a="v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 ip4:192.0.2.0/24 -all")
    word = spf(dns)
    assert word.result is Result.PASS
    assert word.mechanism == "ip4:192.0.2.0/24"
    assert word.reason == '192.0.2.1 matches "ip4:192.0.2.0/24" in the SPF record of a.example'
    assert word.lookups == 0
    assert dns.asked == [("a.example", "TXT")]
    assert spf(dns, V6).mechanism == "ip6:2001:db8::/32"
    assert spf(dns, "203.0.113.1").result is Result.FAIL


def test_nothing_is_asked_for_terms_behind_the_one_that_matches() -> None:
    dns = zone(a="v=spf1 a ~all mx include:b.example redirect=b.example", b="v=spf1 +all")
    assert spf(dns).result is Result.SOFTFAIL
    assert dns.asked == [("a.example", "TXT"), ("a.example", "A")]


def test_where_nothing_matches_the_result_is_neutral_by_default() -> None:
    text = "v=spf1 ip4:198.51.100.1"
    word = spf(zone(a=text))
    assert (word.result, word.mechanism, word.record) == (Result.NEUTRAL, "default", text)
    assert word.path == (Step("a.example", text, "default"),)
    assert word.reason == "192.0.2.1 matches nothing in the SPF record of a.example"


def test_the_way_through_included_records_is_kept() -> None:
    word = spf(
        zone(
            a="v=spf1 ip4:198.51.100.1 -include:b.example ~all",
            b="v=spf1 include:c.example include:d.example -all",
            c="v=spf1 ?all",
            d="v=spf1 ip4:192.0.2.1 -all",
        )
    )
    assert word.result is Result.FAIL
    assert word.mechanism == "-include:b.example"
    assert word.record == "v=spf1 ip4:198.51.100.1 -include:b.example ~all"
    assert path(word) == [
        ("a.example", "-include:b.example"),
        ("b.example", "include:d.example"),
        ("d.example", "ip4:192.0.2.1"),
    ]
    assert word.reason == '192.0.2.1 matches "ip4:192.0.2.1" in the SPF record of d.example'
    assert word.lookups == 3


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("v=spf1 +all", Result.FAIL),  # -include
        ("v=spf1 -all", Result.SOFTFAIL),  # ~all
        ("v=spf1 ~all", Result.SOFTFAIL),
        ("v=spf1 ?all", Result.SOFTFAIL),
        ("v=spf1", Result.SOFTFAIL),
        ("v=spf1 moo", Result.PERMERROR),
        ("no record", Result.PERMERROR),
        (TIMEOUT, Result.TEMPERROR),
    ],
)
def test_include_matches_on_pass_only(inner: str, outer: Result) -> None:
    assert spf(zone(a="v=spf1 -include:b.example ~all", b=inner)).result is outer


def test_a_redirect_hands_over_all_but_the_identity() -> None:
    dns = zone(
        a="v=spf1 redirect=%{l}.b.example exp=no.example",
        joe_b="v=spf1 a:%{o} a -all exp=why.example",
        why={"TXT": ["%{d} of %{s}"]},
    )
    word = spf(dns)
    assert (word.result, word.mechanism, word.explanation) == (
        Result.FAIL,
        "-all",
        "joe.b.example of joe@a.example",
    )
    assert word.record == "v=spf1 a:%{o} a -all exp=why.example"
    assert path(word) == [("a.example", "redirect=%{l}.b.example"), ("joe.b.example", "-all")]
    assert ("no.example", "TXT") not in dns.asked
    assert ("a.example", "A") in dns.asked
    assert ("joe.b.example", "A") in dns.asked


def test_a_fault_is_found_where_it_is_however_deep() -> None:
    word = spf(zone(a="v=spf1 redirect=b.example", b="v=spf1 include:c.example", c="v=spf1 a moo -all"))
    assert word.result is Result.PERMERROR
    assert word.mechanism == "include:c.example"
    assert path(word) == [
        ("a.example", "redirect=b.example"),
        ("b.example", "include:c.example"),
        ("c.example", "moo"),
    ]
    assert word.reason == 'the SPF record of c.example is broken: "moo" is no mechanism'


def test_a_broken_record_is_not_evaluated_at_all() -> None:
    dns = zone(a="v=spf1 a +all moo")
    assert spf(dns).result is Result.PERMERROR
    assert dns.asked == [("a.example", "TXT")]


def test_two_records_are_an_error_whatever_they_say() -> None:
    word = spf(Zone({"a.example": {"TXT": ["v=spf1 +all", "other", "V=SPF1"]}}))
    assert (word.result, word.reason) == (Result.PERMERROR, "a.example has 2 SPF records, not one")


@pytest.mark.parametrize("term", ["a:b.example", "mx:b.example", "exists:b.example", "include:b.example"])
def test_a_failure_of_dns_is_temporary_and_no_fail(term: str) -> None:
    word = spf(zone(a=f"v=spf1 {term} -all", b=TIMEOUT))
    assert word.result is Result.TEMPERROR
    assert word.mechanism == term
    assert word.reason.startswith("the ")
    assert word.reason.endswith(" records of b.example cannot be had: no answer in time")


def test_a_failure_of_dns_behind_a_redirect_is_temporary_too() -> None:
    word = spf(zone(a="v=spf1 redirect=b.example", b=TIMEOUT))
    assert (word.result, word.mechanism) == (Result.TEMPERROR, "")
    assert path(word) == [("a.example", "redirect=b.example")]
    assert spf(zone(a=TIMEOUT)).result is Result.TEMPERROR


def test_the_failure_of_a_host_of_mx_is_temporary_too() -> None:
    assert (
        spf(zone(a={"TXT": ["v=spf1 mx -all"], "MX": ["1 b.example"]}, b=TIMEOUT)).result is Result.TEMPERROR
    )


def test_ten_terms_may_ask_and_no_more() -> None:
    row = {"A": ["198.51.100.1"], "MX": ["1 a.example"]}
    assert spf(zone(a={**row, "TXT": ["v=spf1" + " a mx" * 5 + " -all"]})).result is Result.FAIL
    dns = zone(a={**row, "TXT": ["v=spf1" + " a mx" * 5 + " a +all"]})
    word = spf(dns)
    assert (word.result, word.lookups) == (Result.PERMERROR, 11)
    assert word.reason == "its SPF records take more than 10 DNS lookups"
    assert word.mechanism == "a"


def test_terms_of_included_records_count_too_and_so_does_a_redirect() -> None:
    many = {"A": ["198.51.100.1"], "TXT": ["v=spf1" + " a" * 8]}
    assert spf(zone(a="v=spf1 include:b.example redirect=c.example", b=many, c="v=spf1 +all")).lookups == 10
    word = spf(
        zone(a="v=spf1 include:b.example redirect=c.example", b=many, c="v=spf1 exists:b.example +all")
    )
    assert word.result is Result.PERMERROR
    assert path(word) == [("a.example", "redirect=c.example"), ("c.example", "exists:b.example")]


@pytest.mark.parametrize(
    "records",
    [
        {"a": "v=spf1 include:a.example"},
        {"a": "v=spf1 redirect=A.example."},
        {"a": "v=spf1 include:%{d}"},
        {"a": "v=spf1 include:b.example", "b": "v=spf1 ip4:10.0.0.0/8 include:a.example"},
        {"a": "v=spf1 include:b.example", "b": "v=spf1 redirect=c.example", "c": "v=spf1 redirect=b.example"},
    ],
)
def test_records_that_lead_to_themselves_are_an_error_at_once(records: dict[str, str]) -> None:
    dns = zone(**records)
    word = spf(dns)
    assert word.result is Result.PERMERROR
    assert word.reason.endswith(" leads to itself")
    assert len(dns.asked) == len(records)


def test_a_record_may_be_included_twice_side_by_side() -> None:
    word = spf(
        zone(a="v=spf1 include:b.example include:c.example -all", b="v=spf1 include:c.example", c="v=spf1")
    )
    assert (word.result, word.lookups) == (Result.FAIL, 3)


def test_two_terms_may_find_nothing_and_no_more() -> None:
    assert spf(zone(a="v=spf1 a:x.example exists:y.example -all")).result is Result.FAIL
    dns = zone(a="v=spf1 a mx:x.example exists:y.example a:z.example +all")
    word = spf(dns)
    assert (word.result, word.voids) == (Result.PERMERROR, 3)
    assert word.reason == "more than 2 DNS lookups of its SPF records find nothing"
    assert word.mechanism == "exists:y.example"
    assert ("z.example", "A") not in dns.asked


def test_an_mx_without_addresses_of_the_clients_kind_counts_as_one_that_finds_nothing() -> None:
    hosts = {"MX": ["1 b.example", "2 c.example", "3 d.example"]}
    dns = zone(a={**hosts, "TXT": ["v=spf1 mx -all"]}, b={"A": [V4]}, c={"A": [V4]}, d={"A": [V4]})
    word = spf(dns, V6)
    assert (word.result, word.voids, len(dns.asked)) == (Result.FAIL, 1, 5)


def test_an_mx_has_ten_hosts_and_no_more() -> None:
    hosts = [f"{number} m{number}.example" for number in range(11)]
    rows = {f"m{number}": {"A": ["198.51.100.1"]} for number in range(9)} | {"m9": {"A": [V4]}}
    assert spf(zone(a={"TXT": ["v=spf1 mx -all"], "MX": hosts[:10]}, **rows)).result is Result.PASS
    dns = zone(a={"TXT": ["v=spf1 mx -all"], "MX": hosts}, m0={"A": [V4]})
    word = spf(dns)
    assert (word.result, word.reason) == (Result.PERMERROR, "a.example has 11 MX records, more than 10")
    assert len(dns.asked) == 2


def test_a_null_mx_has_no_host_to_ask_about() -> None:
    dns = zone(a={"TXT": ["v=spf1 mx -all"], "MX": ["0 "]})
    word = spf(dns)
    assert (word.result, word.voids) == (Result.FAIL, 0)
    assert dns.asked == [("a.example", "TXT"), ("a.example", "MX")]


def test_the_work_for_the_worst_of_records_is_bounded() -> None:
    hosts = [f"{number} m{number}.example" for number in range(10)]
    rows = {f"m{number}": {"A": ["198.51.100.1"] * 20} for number in range(10)}
    dns = zone(a={"TXT": ["v=spf1" + " mx" * 600], "MX": hosts}, **rows)
    assert spf(dns).result is Result.PERMERROR
    assert len(dns.asked) == 1 + 10 * 11


def test_exists_asks_for_a_whatever_the_client_is() -> None:
    name = "1" + ".0" * 23 + ".8.B.D.0.1.0.0.2.ip6.b.example"
    dns = Zone(
        {"a.example": {"TXT": ["v=spf1 exists:%{ir}.%{v}.b.example -all"]}, name: {"A": ["127.0.0.2"]}}
    )
    assert spf(dns, V6).result is Result.PASS
    assert dns.asked[1:] == [(name, "A")]


PTR = "1.2.0.192.in-addr.arpa"


def with_names(record: Any, names: Any, **rows: Any) -> Zone:
    """Make a zone in which the client has names."""
    return Zone({**zone(a=record, **rows).table, PTR: TIMEOUT if names == TIMEOUT else {"PTR": names}})


def test_a_name_of_the_client_counts_when_it_leads_back() -> None:
    rows = {"m_b": {"A": ["198.51.100.1", V4]}, "x_b": {"A": ["198.51.100.1"]}}
    assert spf(with_names("v=spf1 ptr:b.example -all", ["m.b.example"], **rows)).result is Result.PASS
    assert spf(with_names("v=spf1 ptr:B.Example -all", ["m.b.example"], **rows)).result is Result.PASS
    assert spf(with_names("v=spf1 ptr:b.example -all", ["x.b.example"], **rows)).result is Result.FAIL
    assert spf(with_names("v=spf1 ptr -all", ["m.b.example"], **rows)).result is Result.FAIL


def test_only_names_that_would_match_are_asked_about() -> None:
    dns = with_names("v=spf1 ptr:b.example -all", ["n.c.example", "m.b.example"], m_b={"A": [V4]})
    assert spf(dns).result is Result.PASS
    assert dns.asked == [("a.example", "TXT"), (PTR, "PTR"), ("m.b.example", "A")]


def test_the_client_cannot_make_an_error_of_a_fail_by_its_names() -> None:
    names = [
        "slow.a.example",
        "void1.a.example",
        "void2.a.example",
        "void3.a.example",
        "..",
        "x" * 64 + ".a.example",
    ]
    word = spf(with_names("v=spf1 ptr -all", names, slow_a=TIMEOUT))
    assert (word.result, word.voids) == (Result.FAIL, 0)
    assert spf(with_names("v=spf1 ptr -all", TIMEOUT)).result is Result.FAIL
    assert spf(zone(a="v=spf1 ptr a:x.example a:y.example -all")).result is Result.FAIL


def test_all_but_ten_names_of_the_client_are_ignored() -> None:
    names = [f"m{number}.a.example" for number in range(11)]
    assert spf(with_names("v=spf1 ptr -all", names, m9_a={"A": [V4]})).result is Result.PASS
    assert spf(with_names("v=spf1 ptr -all", names, m10_a={"A": [V4]})).result is Result.FAIL


@pytest.mark.parametrize(
    ("names", "expanded"),
    [
        (["c.example", "m.a.example", "A.example"], "A.example"),
        (["c.example", "m.a.example"], "m.a.example"),
        (["d.example", "c.example", "e.example"], "c.example"),
        (["d.example"], "unknown"),
        ([], "unknown"),
        (TIMEOUT, "unknown"),
    ],
)
def test_the_name_of_the_client_is_the_domain_or_one_below_it_or_any(names: Any, expanded: str) -> None:
    mine = {"A": [V4]}
    record = {"TXT": ["v=spf1 -all exp=why.example"], "A": [V4]}
    dns = with_names(record, names, why={"TXT": ["%{p}"]}, c=mine, m_a=mine, e=mine)
    assert spf(dns).explanation == expanded


def test_the_name_of_the_client_in_a_term_counts_as_a_lookup_once() -> None:
    rows = {"c": {"A": [V4]}, "c_example_b": {"A": ["127.0.0.2"]}}
    word = spf(with_names("v=spf1 exists:%{p}.x.example exists:%{p}.b.example -all", ["c.example"], **rows))
    assert (word.result, word.mechanism, word.lookups) == (Result.PASS, "exists:%{p}.b.example", 3)


def test_what_an_explanation_asks_for_counts_for_no_limit() -> None:
    terms = "a:b.example " * 8 + "a:x.example a:y.example"
    rows = {"b": {"A": ["198.51.100.1"]}, "why": {"TXT": ["you are %{p}"]}}
    word = spf(with_names(f"v=spf1 {terms} -all exp=why.example", [], **rows))
    assert (word.result, word.lookups, word.voids) == (Result.FAIL, 10, 2)
    assert word.explanation == "you are unknown"


@pytest.mark.parametrize("local_part", ["x" * 64, "a..b", r'"\\"', "tab\there", "jürgen"])
def test_a_local_part_that_makes_no_name_matches_nothing_and_asks_nothing(local_part: str) -> None:
    terms = "a:%{l}.b.example mx:%{l}.b.example exists:%{l}.b.example ptr:%{l}.b.example a:%{l}.b.example"
    dns = zone(a=f"v=spf1 {terms} -all")
    word = spf(dns, sender=f"{local_part}@a.example")
    assert (word.result, word.voids) == (Result.FAIL, 0)
    assert dns.asked == [("a.example", "TXT"), (PTR, "PTR")]


def test_no_record_can_be_had_for_a_name_that_is_none() -> None:
    for term in ("include:%{l}.b.example", "redirect=%{l}.b.example"):
        word = spf(zone(a=f"v=spf1 {term}"), sender="a..b@a.example")
        assert word.result is Result.PERMERROR
        assert word.reason == "'a..b.b.example' is no domain that DNS could know"


def test_an_include_for_a_local_part_that_is_not_ascii_matches_nothing() -> None:
    assert spf(zone(a="v=spf1 include:%{l}.b.example -all"), sender="jürgen@a.example").result is Result.FAIL


def test_a_name_too_long_is_asked_without_its_left() -> None:
    dns = zone(a="v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{l}.b.example -all")
    spf(dns, sender="x" * 60 + "@a.example")
    assert dns.asked[1:] == [(".".join(["x" * 60] * 4) + ".b.example", "A")]
