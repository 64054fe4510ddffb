from __future__ import annotations

from pathlib import Path

from gatepost.gateway.dmarc.overview import our_addresses, overview
from gatepost.gateway.dmarc.received import opened_to_write
from gatepost.gateway.settings import Settings
from tests.gateway.dmarc.test_received import FAILURE, NOW, ONE
from tests.mailauth.dmarc.test_sources import DOMAIN


def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "listener": [{"address": "192.0.2.25:25"}],
            "policy": {"relay_networks": ["127.0.0.0/8", "192.0.2.0/28"]},
        }
    )


def test_our_servers_are_the_relay_networks_and_where_we_listen(tmp_path: Path) -> None:
    is_ours = our_addresses(settings(tmp_path))
    assert [is_ours(a) for a in ("192.0.2.7", "192.0.2.25", "192.0.2.26", "127.0.0.1")] == [
        True,
        True,
        False,
        False,
    ]


def test_all_that_was_received_is_put_together_by_domain(tmp_path: Path) -> None:
    assert overview(settings(tmp_path), 0).domains == ()
    with opened_to_write(settings(tmp_path).dmarc_dir) as received:
        received.add(ONE, sender="", message="m-1", now=NOW)
        received.add(FAILURE, sender="them.example", message="m-2", now=NOW)
        received.count_unread("it is cut", NOW)
    found = overview(settings(tmp_path), 0)
    [domain] = found.domains
    assert (domain.view.domain, domain.unproven, domain.failures, domain.failure_count) == (
        DOMAIN,
        1,
        (FAILURE,),
        1,
    )
    assert domain.view.sources[0].standing == "own"
    assert found.unread[0].count == 1
    assert overview(settings(tmp_path), 0, "other.example").domains == ()
    assert overview(settings(tmp_path), NOW + 86_400).domains == ()
