"""Reports go only where they are wanted (RFC 9990 §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from gatepost.mailauth.dmarc.destination import Destination, aggregate_destinations
from gatepost.mailauth.dmarc.record import parse_record
from tests.mailauth.dmarc.zone import Zone, run

DOMAIN = "blue.example.com"
ASKED = "blue.example.com._report._dmarc.red.example.net"


def destinations(
    rua: str, txt: Mapping[str, str | Sequence[str]] | None = None, fail: Sequence[str] = ()
) -> tuple[Destination, ...]:
    record = parse_record(f"v=DMARC1; p=none; rua={rua}")
    assert record is not None
    zone = Zone({"_dmarc.blue.example.com": record.text, **(txt or {})}, fail=fail)
    return run(aggregate_destinations(record, DOMAIN, zone))


def test_a_place_in_the_organization_needs_no_word_of_its_own() -> None:
    records = {"_dmarc.example.com": "v=DMARC1; p=none"}
    for address in ("reports@blue.example.com", "reports@example.com", "reports@other.EXAMPLE.com"):
        (found,) = destinations(f"mailto:{address}", records)
        assert (found.allowed, found.address, found.answer) == (True, address, None)


def test_a_place_elsewhere_must_say_that_it_takes_reports() -> None:
    # The example of RFC 9990 §4.
    (found,) = destinations("mailto:reports@red.example.net", {ASKED: "v=DMARC1"})
    assert (found.allowed, found.address) == (True, "reports@red.example.net")
    assert found.answer is not None
    assert found.answer.name == ASKED


@pytest.mark.parametrize("text", ["", "v=spf1", "p=none; v=DMARC1", "v=dmarc1"])
def test_without_that_word_nothing_is_sent(text: str) -> None:
    (found,) = destinations("mailto:reports@red.example.net", {ASKED: text} if text else {})
    assert (found.allowed, found.address, found.later) == (False, "", False)
    assert found.reason.startswith(
        "red.example.net does not say that it takes reports about blue.example.com"
    )


def test_a_place_may_name_another_address_of_its_own_host() -> None:
    (found,) = destinations(
        "mailto:a@red.example.net!9", {ASKED: "v=DMARC1; rua=mailto:b@RED.example.net!10k"}
    )
    assert (found.address, found.size) == ("b@RED.example.net", 10_240)
    (found,) = destinations("mailto:a@red.example.net!9", {ASKED: "v=DMARC1; rua=mailto:b@victim.test"})
    assert (found.allowed, found.address, found.size) == (True, "a@red.example.net", 9)
    assert "not heeded" in found.reason


@pytest.mark.parametrize("failing", [ASKED, "_dmarc.red.example.net"])
def test_a_failure_of_dns_means_later(failing: str) -> None:
    (found,) = destinations("mailto:a@red.example.net", fail=[failing, ASKED])
    assert (found.allowed, found.later) == (False, True)


def test_each_place_is_judged_in_order() -> None:
    found = destinations(
        "https://x.test/a,mailto:a@blue.example.com?subject=x,mailto:a%40b.test,mailto:nobody,"
        "mailto:a@[192.0.2.1],mailto:" + "a@" + "long." * 45 + "test"
    )
    assert [place.allowed for place in found] == [False, True, False, False, False, False]
    assert [place.reason for place in found if not place.allowed] == [
        "reports are sent by mail only, not by https",
        (
            "b.test does not say that it takes reports about blue.example.com "
            "(blue.example.com._report._dmarc.b.test has no record)"
        ),
        "its address cannot be read: it has no @",
        "it is at no domain name",
        "long." * 45 + "test cannot be asked, as the name would be too long",
    ]
