"""Never an open relay: which recipients are taken from whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gatepost.mail.path import Mailbox
from gatepost.policy.domains import Domains, DomainSettings, a_labels, may_receive, routes_on

OURS = Domains(
    (
        DomainSettings(name="Example.ORG", next_hop=("10.0.0.5:25",)),
        DomainSettings(name="bücher.example"),
        DomainSettings(name="xn--mnchen-3ya.example"),
        DomainSettings(name="*", next_hop=("10.0.0.6:25",)),
    )
)


def mailbox(address: str) -> Mailbox:
    return Mailbox(address, address.rpartition("@")[2].lower() if "@" in address else "")


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org",
        "a@EXAMPLE.org",
        "a@bücher.example",
        "a@BÜCHER.example",
        "a@xn--bcher-kva.example",
        "a@münchen.example",
    ],
)
def test_a_named_domain_is_taken_from_anyone_in_either_form(address: str) -> None:
    assert may_receive(mailbox(address), False, OURS)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com",
        "a@sub.example.org",
        "a@example.org.evil.example",
        "a@xn--bcher-kva.example.evil.example",
        "a@[192.0.2.1]",
        "a@*",
        "postmaster@example.com",
        "nobody",
        "bucher.example",
    ],
)
def test_no_other_domain_is_taken_from_strangers_even_with_a_star(address: str) -> None:
    assert not may_receive(mailbox(address), False, OURS)
    assert may_receive(mailbox(address), True, OURS)


@given(st.text(min_size=1, max_size=60))
def test_a_stranger_reaches_named_domains_only(domain: str) -> None:
    taken = may_receive(Mailbox(f"a@{domain}", domain), False, OURS)
    assert taken == (a_labels(domain) in {"example.org", "xn--bcher-kva.example", "xn--mnchen-3ya.example"})


@pytest.mark.parametrize("address", ["postmaster", "Postmaster", "POSTMASTER"])
def test_postmaster_without_a_domain_is_taken_from_anyone(address: str) -> None:
    assert may_receive(mailbox(address), False, OURS)
    assert OURS.route("") is OURS.named("example.org")


def test_a_route_is_the_domain_s_own_or_the_star_s() -> None:
    own, star = OURS.route("example.org"), OURS.route("elsewhere.example")
    assert own is not None
    assert own.next_hop == ("10.0.0.5:25",)
    assert star is not None
    assert star.next_hop == ("10.0.0.6:25",)
    assert Domains(()).route("example.org") is None
    assert Domains(()).route("") is None


@pytest.mark.parametrize(
    "address", ["a%b@example.org", "b!a@example.org", '"a@b"@example.org', '"a\\@b"@example.org', "@b:a@c"]
)
def test_a_local_part_with_a_route_in_it_is_seen(address: str) -> None:
    assert routes_on(mailbox(address))


@pytest.mark.parametrize(
    "address", ["a@example.org", "a.b+c=d@example.org", '"a b"@example.org', "a@[IPv6:::1]", "postmaster"]
)
def test_any_other_local_part_is_no_route(address: str) -> None:
    assert not routes_on(mailbox(address))


@pytest.mark.parametrize(
    "names", [("example.org", "EXAMPLE.org"), ("bücher.example", "xn--bcher-kva.example"), ("*", "*")]
)
def test_a_domain_named_twice_is_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="named twice"):
        Domains(DomainSettings(name=name) for name in names)


@pytest.mark.parametrize(
    "name", ["", "*.example.org", ".example.org", "example.org.", "a@example.org", "a b", "x" * 256]
)
def test_a_name_that_is_no_domain_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="not a domain"):
        DomainSettings(name=name)


def test_an_empty_next_hop_is_refused() -> None:
    with pytest.raises(ValidationError, match="next hop"):
        DomainSettings(name="example.org", next_hop=("",))
