"""The settings of engines: addresses that are none are told at once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.checks.content.engines.settings import IcapSettings, RspamdSettings, SpamAssassinSettings


@pytest.mark.parametrize("address", ["127.0.0.1:11333", "[::1]:1", "rspamd.test:11333", "unix:/run/r.sock"])
def test_addresses_are_a_host_with_a_port_or_a_socket(address: str) -> None:
    assert RspamdSettings(address=address).address == address
    assert SpamAssassinSettings(address=address).address == address


@pytest.mark.parametrize("address", ["", "127.0.0.1", "h:0", "h:65536", "unix:", "unix:x", "h:²"])
def test_what_is_no_address_is_told_with_one_that_is(address: str) -> None:
    with pytest.raises(ValidationError, match="is not an address; write"):
        RspamdSettings(address=address)
    with pytest.raises(ValidationError, match="is not an address; write"):
        SpamAssassinSettings(address=address)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("icap://127.0.0.1:1345/avscan", "127.0.0.1:1345"),
        ("icap://scanner.test/a?b=c", "scanner.test:1344"),
        ("icap://[::1]/x", "[::1]:1344"),
    ],
)
def test_a_service_has_a_host_and_the_usual_port(url: str, address: str) -> None:
    assert IcapSettings(url=url).address == address


@pytest.mark.parametrize(
    "url", ["", "http://h/x", "icap://h", "icap://h:0/x", "icap://h:99999/x", "icap://h/a b", "icap://h/\r\n"]
)
def test_what_is_no_service_is_told(url: str) -> None:
    with pytest.raises(ValidationError, match="is not the address of a service"):
        IcapSettings(url=url)


def test_a_user_of_spamassassin_is_a_plain_name() -> None:
    with pytest.raises(ValidationError):
        SpamAssassinSettings(address="h:1", user="a\r\nX: y")
