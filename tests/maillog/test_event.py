"""Which domain a line counts for."""

from __future__ import annotations

from gatepost.maillog.event import Event


def test_what_we_refuse_counts_for_the_sender_and_what_we_send_for_the_recipient() -> None:
    paths = {"sender": "a@Example.ORG", "recipient": "b@Example.NET"}
    assert Event(system="x", direction="sent", **paths).domain == "example.org"
    assert Event(system="x", direction="received", **paths).domain == "example.net"
    assert Event(system="x", direction="local", **paths).domain == "example.net"


def test_an_address_without_a_domain_counts_for_what_it_is() -> None:
    assert Event(system="x", recipient="root").domain == "root"
    assert Event(system="x").domain == ""
