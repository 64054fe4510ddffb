"""check_host() for both identities: what comes before a record is asked for, and what comes out in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.spf import Identity, Result, Spf, check_helo, check_host, check_mail
from gatepost.mailauth.spf.evaluation import MAX_EXPLANATION, MAX_LOOKUPS, MAX_VOIDS
from tests.mailauth.spf.zone import TIMEOUT, Zone

CLIENT = "192.0.2.1"


def mail(zone: Zone, reverse_path: str, helo: str = "h.example", client: str = CLIENT) -> Spf:
    return asyncio.run(
        check_mail(
            client=client,
            reverse_path=reverse_path,
            helo=helo,
            resolver=zone,
            receiver="gate.example",
            now=1_700_000_000.9,
        )
    )


def why(text: str | list[str], reverse_path: str = "joe@a.example", **rows: Any) -> str:
    """Give the explanation of a fail whose exp= leads to a text."""
    texts = [text] if isinstance(text, str) else text
    table = {"a.example": {"TXT": ["v=spf1 -all exp=why.example"]}, "why.example": {"TXT": texts}, **rows}
    return mail(Zone(table), reverse_path).explanation


def test_the_identity_of_mail_is_the_domain_of_the_reverse_path() -> None:
    zone = Zone({"a.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]}})
    assert mail(zone, "Joe@A.Example") == Spf(
        result=Result.PASS,
        identity=Identity.MAIL,
        client=CLIENT,
        domain="a.example",
        sender="Joe@a.example",
        helo="h.example",
        reason='192.0.2.1 matches "ip4:192.0.2.0/24" in the SPF record of a.example',
        mechanism="ip4:192.0.2.0/24",
        record="v=spf1 ip4:192.0.2.0/24 -all",
        path=mail(zone, "joe@a.example").path,
    )


def test_the_null_reverse_path_stands_for_postmaster_at_helo() -> None:
    zone = Zone({"h.example": {"TXT": ["v=spf1 exists:%{l}.%{o}.%{d} -all"]}})
    word = mail(zone, "")
    assert (word.identity, word.domain, word.sender) == (Identity.MAIL, "h.example", "postmaster@h.example")
    assert zone.asked[1] == ("postmaster.h.example.h.example", "A")


def test_the_identity_of_helo_is_its_name() -> None:
    zone = Zone({"h.example": {"TXT": ["v=spf1 -exists:%{l}.%{h} +all"]}})
    word = asyncio.run(check_helo(client=CLIENT, helo="H.example.", resolver=zone))
    assert (word.result, word.identity, word.domain) == (Result.PASS, Identity.HELO, "h.example")
    assert (word.sender, word.helo) == ("postmaster@h.example", "H.example.")
    assert zone.asked == [("h.example", "TXT"), ("postmaster.h.example", "A")]


def test_any_domain_can_be_checked_for_a_sender_of_another() -> None:
    zone = Zone(
        {"b.example": {"TXT": ["v=spf1 exists:%{o}.%{d} -all"]}, "a.example.b.example": {"A": ["127.0.0.2"]}}
    )
    word = asyncio.run(
        check_host(
            client=CLIENT, domain="b.example", reverse_path="joe@a.example", helo="h.example", resolver=zone
        )
    )
    assert (word.result, word.domain, word.sender) == (Result.PASS, "b.example", "joe@a.example")


@pytest.mark.parametrize(
    "helo",
    [
        *("localhost", "", ".", "[192.0.2.1]", "[IPv6:2001:db8::1]", "a..example", "x" * 64 + ".example"),
        *("JUMPIN' JUPITER", "tab\there.example", "a.example\0"),
    ],
)
def test_nothing_is_known_and_nothing_asked_about_what_is_no_domain(helo: str) -> None:
    zone = Zone({})
    word = mail(zone, "", helo)
    assert (word.result, word.path, zone.asked) == (Result.NONE, (), [])
    assert word.reason.endswith(" is no domain that DNS could know")
    assert word.reason.isascii()
    assert word.reason.isprintable()


@pytest.mark.parametrize("row", [None, {"A": [CLIENT]}, {"TXT": ["v=spf10 -all", "some text"]}])
def test_nothing_is_known_of_a_domain_without_a_record(row: Any) -> None:
    word = mail(Zone({"a.example": row} if row else {}), "joe@a.example")
    assert (word.result, word.reason) == (Result.NONE, "a.example has no SPF record")
    assert (word.mechanism, word.record, word.voids) == ("", "", 0)


def test_a_u_label_is_asked_for_and_expanded_as_an_a_label() -> None:
    record = "v=spf1 -exists:%{o}.x.example -all exp=why.example"
    zone = Zone({"xn--bcher-kva.example": {"TXT": [record]}, "why.example": {"TXT": ["%{d} %{h} %{l}"]}})
    word = mail(zone, "jürgen@Bücher.example", helo="bücher.example")
    assert (word.domain, word.sender) == ("xn--bcher-kva.example", "jürgen@xn--bcher-kva.example")
    assert word.explanation == "xn--bcher-kva.example xn--bcher-kva.example j?rgen"
    assert zone.asked[1] == ("xn--bcher-kva.example.x.example", "A")


def test_a_client_mapped_into_ipv6_is_an_ipv4_one() -> None:
    zone = Zone({"a.example": {"TXT": ["v=spf1 -ip6:::ffff:0:0/96 ip4:192.0.2.1 -all"]}})
    word = mail(zone, "joe@a.example", client="::ffff:192.0.2.1")
    assert (word.result, word.client) == (Result.PASS, CLIENT)


def test_a_client_without_an_address_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError):
        mail(Zone({}), "joe@a.example", client="unix")


@pytest.mark.parametrize(
    ("local_part", "expanded"),
    [
        ("joe", "joe"),
        ("", "postmaster"),
        ('"joe"', "joe"),
        (r'"a\"b\\c d"', r'a"b\c d'),
        ('""', "postmaster"),
        ("a@b", "a@b"),
        ('"', '"'),
        ("o'neil=x/y", "o'neil=x/y"),
    ],
)
def test_a_local_part_is_what_it_means(local_part: str, expanded: str) -> None:
    assert why("%{l}", f"{local_part}@a.example") == expanded
    assert why("%{s}", f"{local_part}@a.example") == f"{expanded}@a.example"


def test_an_explanation_may_tell_who_and_when_and_to_whom() -> None:
    assert why("%{c} at %{t} to %{r}: see http://%{d}/?s=%{S}") == (
        "192.0.2.1 at 1700000000 to gate.example: see http://a.example/?s=joe%40a.example"
    )
    zone = Zone({"a.example": {"TXT": ["v=spf1 -all exp=why.example"]}, "why.example": {"TXT": ["%{r}"]}})
    word = asyncio.run(check_mail(client=CLIENT, reverse_path="joe@a.example", helo="h", resolver=zone))
    assert word.explanation == "unknown"


@pytest.mark.parametrize("texts", [[], ["one", "two"], ["%{x}"], ["100%"], ["größer"], ["line\r\nfeed"]])
def test_an_explanation_that_cannot_be_used_goes_for_nothing(texts: list[str]) -> None:
    assert why(texts) == ""


def test_a_failure_of_dns_for_the_explanation_leaves_the_fail() -> None:
    zone = Zone({"a.example": {"TXT": ["v=spf1 -all exp=why.example"]}, "why.example": TIMEOUT})
    word = mail(zone, "joe@a.example")
    assert (word.result, word.explanation) == (Result.FAIL, "")


def test_an_explanation_at_a_name_that_is_none_is_not_asked_for() -> None:
    zone = Zone({"a.example": {"TXT": ["v=spf1 -all exp=%{l}.a.example"]}})
    assert mail(zone, "a..b@a.example").result is Result.FAIL
    assert len(zone.asked) == 1


def test_an_explanation_is_printable_and_of_bounded_length() -> None:
    assert why("for %{l}", "j\u00fcrgen\r\n250 ok@a.example") == "for j?rgen??250 ok"
    assert len(why("%{l}" * 500, "x" * 200 + "@a.example")) == MAX_EXPLANATION


def test_only_a_fail_is_explained() -> None:
    zone = Zone({"a.example": {"TXT": ["v=spf1 ~all exp=why.example"]}, "why.example": {"TXT": ["because"]}})
    assert mail(zone, "joe@a.example").explanation == ""
    assert len(zone.asked) == 1


def test_the_explanation_of_an_included_record_is_not_used() -> None:
    table = {
        "a.example": {"TXT": ["v=spf1 -include:b.example exp=why.example"]},
        "b.example": {"TXT": ["v=spf1 +all exp=not.example"]},
        "why.example": {"TXT": ["ours"]},
        "not.example": {"TXT": ["theirs"]},
    }
    assert mail(Zone(table), "joe@a.example").explanation == "ours"


def test_what_spf_says_can_be_kept_and_read_again() -> None:
    zone = Zone(
        {"a.example": {"TXT": ["v=spf1 include:b.example -all"]}, "b.example": {"TXT": ["v=spf1 +all"]}}
    )
    word = mail(zone, "joe@a.example")
    assert msgspec.json.decode(msgspec.json.encode(word), type=Spf) == word


ANY = st.text(max_size=40)
DOMAINS = st.sampled_from(["a.example", "b.example"]) | ANY
RECORDS = st.lists(
    st.sampled_from(
        ["v=spf1", "a", "mx", "-all", "ptr", "include:b.example", "exists:%{l}.%{h}", "redirect=%{o}"]
    )
    | st.sampled_from(
        ["a:%{S}.b.example", "include:%{d}", "exp=%{l}.b.example", "ip4:192.0.2.0/24", "exp=a.example"]
    ),
    max_size=8,
).map(lambda terms: "v=spf1 " + " ".join(terms[1:]))


@given(RECORDS, RECORDS | ANY, ANY | st.just("joe"), DOMAINS, DOMAINS, st.ip_addresses().map(str))
def test_whatever_client_and_dns_say_there_is_a_result_within_the_limits(
    first: str, second: str, local_part: str, domain: str, helo: str, client: str
) -> None:
    rows = {"A": ["192.0.2.1", "nonsense"], "MX": ["1 b.example", "x", ""], "PTR": ["b.example", ""]}
    zone = Zone({"a.example": {**rows, "TXT": [first]}, "b.example": {**rows, "TXT": [second, "other"]}})
    word = mail(zone, f"{local_part}@{domain}", helo, client)
    assert word.lookups <= MAX_LOOKUPS + 1
    assert word.voids <= MAX_VOIDS + 1
    assert word.explanation.isascii()
    assert word.explanation.isprintable()
    assert word.reason.isascii()
    assert word.reason.isprintable()
    if word.result is Result.NONE:
        assert word.path == ()
    assert len(zone.asked) <= 1 + 10 * 11 + 1
