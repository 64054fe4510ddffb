"""Which clients lie in the relay networks."""

from __future__ import annotations

import pytest

from gatepost.policy.networks import LOOPBACK, Networks

NETWORKS = Networks((*LOOPBACK, "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "fe80::/10"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.255",
        "::1",
        "10.1.2.3",
        "192.0.2.7",
        "2001:db8::1",
        "::ffff:10.1.2.3",
        "fe80::1%eth0",
    ],
)
def test_an_address_of_a_network_is_in(address: str) -> None:
    assert NETWORKS.contains(address)
    assert NETWORKS.contains(address)


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.8",
        "11.0.0.1",
        "::2",
        "2001:db9::1",
        "::ffff:11.0.0.1",
        "::10.1.2.3",
        "",
        "localhost",
        "10.1.2",
        "10.1.2.3 ",
        "010.1.2.3",
    ],
)
def test_any_other_text_is_out(address: str) -> None:
    assert not NETWORKS.contains(address)
    assert not NETWORKS.contains(address)


def test_no_networks_hold_nobody() -> None:
    assert not Networks(()).contains("127.0.0.1")


def test_more_clients_than_are_remembered_get_right_answers() -> None:
    networks = Networks(("10.0.0.0/17",))
    addresses = [f"10.0.{a}.{b}" for a in range(120, 136) for b in range(256)] * 2
    assert [networks.contains(a) for a in addresses] == [int(a.split(".")[2]) < 128 for a in addresses]


@pytest.mark.parametrize("name", ["", "10.0.0.1/8", "10.0.0.0/33", "example.org", "*"])
def test_a_name_that_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits|address"):
        Networks((name,))
