"""Where mail goes: next hops as people write them, and the group for a recipient."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.delivery.routes import NextHop, Routes, parse_next_hop
from gatepost.policy.domains import Domains, DomainSettings


@pytest.mark.parametrize(
    ("text", "hop", "shown"),
    [
        ("10.0.0.5:25", NextHop("10.0.0.5", 25), "10.0.0.5:25"),
        ("mail.example.org", NextHop("mail.example.org", 25), "mail.example.org:25"),
        ("[2001:db8::5]:2525", NextHop("2001:db8::5", 2525), "[2001:db8::5]:2525"),
        ("[2001:db8::5]", NextHop("2001:db8::5", 25), "[2001:db8::5]:25"),
        ("lmtp:127.0.0.1:24", NextHop("127.0.0.1", 24, True), "127.0.0.1:24"),
        ("lmtp:127.0.0.1", NextHop("127.0.0.1", 24, True), "127.0.0.1:24"),
        ("lmtp:unix:/run/dovecot/lmtp", NextHop("", 0, True, "/run/dovecot/lmtp"), "unix:/run/dovecot/lmtp"),
        ("unix:/run/smtp", NextHop("", 0, False, "/run/smtp"), "unix:/run/smtp"),
    ],
)
def test_a_next_hop_is_read_as_it_is_written(text: str, hop: NextHop, shown: str) -> None:
    assert parse_next_hop(text) == hop
    assert str(hop) == shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mx", "not offered yet"),
        ("10.0.0.5:0", "not a port"),
        ("10.0.0.5:99999", "not a port"),
        ("10.0.0.5:smtp", "not a port"),
        ("[10.0.0.5]:25", "IPv6"),
        ("lmtp:unix:run/x", 'begin with "/"'),
        ("a b:25", "names no host"),
        ("", "names no host"),
    ],
)
def test_a_bad_next_hop_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_next_hop(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_next_hop(text: str) -> None:
    try:
        hop = parse_next_hop(text)
    except ValueError:
        return
    assert hop.path or 0 < hop.port < 65_536


def _routes() -> Routes:
    return Routes(
        Domains(
            (
                DomainSettings(name="Ours.Test", next_hop=("10.0.0.1:25", "10.0.0.2:25")),
                DomainSettings(name="bücher.example", next_hop=("10.0.0.3:25",)),
                DomainSettings(name="held.test"),
                DomainSettings(name="*", next_hop=("10.0.0.9:25",)),
            )
        )
    )


@pytest.mark.parametrize(
    ("recipient", "hosts"),
    [
        ("a@ours.test", ["10.0.0.1", "10.0.0.2"]),
        ("a@OURS.TEST", ["10.0.0.1", "10.0.0.2"]),
        ('"a@elsewhere"@ours.test', ["10.0.0.1", "10.0.0.2"]),
        ("a@xn--bcher-kva.example", ["10.0.0.3"]),
        ("a@bücher.example", ["10.0.0.3"]),
        ("a@held.test", []),
        ("a@sub.ours.test", ["10.0.0.9"]),
        ("Postmaster", ["10.0.0.1", "10.0.0.2"]),
    ],
)
def test_a_recipient_goes_to_the_group_of_its_domain_else_to_the_default(
    recipient: str, hosts: list[str]
) -> None:
    assert [hop.host for hop in _routes().of(recipient)] == hosts


def test_without_any_next_hop_there_is_no_route() -> None:
    routes = Routes(Domains((DomainSettings(name="*"),)))
    assert routes.of("a@b.test") == ()
    assert not routes.any
    assert _routes().any
