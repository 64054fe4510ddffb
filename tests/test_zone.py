"""The tests' own table of names answers as DNS would."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.mail.dns import Kind, Status
from tests.zone import Zone

TABLE = {
    "example.org": {"MX": ["20 b.example.org", "10 a.example.org"], "TXT": ["v=spf1 -all"]},
    "www.example.org": {"CNAME": ["Example.org."]},
    "ring.example.org": {"CNAME": ["ring.example.org"]},
    "deep.below.example.org": {"A": ["192.0.2.1"]},
    "*.wild.example": {"A": ["127.0.0.2"]},
    "broken.example": "SERVFAIL from 192.0.2.53",
}


@pytest.mark.parametrize(
    ("name", "kind", "status", "records"),
    [
        ("EXAMPLE.org.", "MX", Status.FOUND, ("10 a.example.org", "20 b.example.org")),
        ("www.example.org", "TXT", Status.FOUND, ("v=spf1 -all",)),
        ("www.example.org", "CNAME", Status.FOUND, ("Example.org.",)),
        ("example.org", "A", Status.EMPTY, ()),
        ("below.example.org", "A", Status.EMPTY, ()),
        ("www.example.org", "A", Status.EMPTY, ()),
        ("no.example.org", "A", Status.ABSENT, ()),
        ("a..org", "A", Status.ABSENT, ()),
        ("", "A", Status.ABSENT, ()),
        ("any.thing.wild.example", "A", Status.FOUND, ("127.0.0.2",)),
        ("wild.example", "A", Status.EMPTY, ()),
        ("x.broken.example", "A", Status.FAILED, ()),
        ("ring.example.org", "A", Status.FAILED, ()),
    ],
)
def test_the_table_answers_as_dns_would(
    name: str, kind: Kind, status: Status, records: tuple[str, ...]
) -> None:
    zone = Zone(TABLE)
    answer = asyncio.run(zone.ask(name, kind))
    assert (answer.status, answer.records) == (status, records)
    assert zone.asked == [(name.lower().removesuffix("."), kind)]
    assert bool(answer.reason) is answer.failed
