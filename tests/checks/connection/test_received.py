"""The addresses in Received fields are found in the forms that servers write them in, and no others."""

from __future__ import annotations

import pytest

from gatepost.checks.connection.received import MAX_FIELDS, received_addresses
from gatepost.mail.fields import split


def addresses(*values: str, limit: int = 10) -> list[str]:
    block = (
        "".join(f"Received: {value}\r\n" for value in values)
        + "Subject: [203.0.113.99]\r\n\r\n[203.0.113.98]"
    )
    return [str(address) for address in received_addresses(split(block.encode()).fields, limit)]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (
            "from a.example (b.example [203.0.113.7])\r\n\tby c.example with ESMTP; Mon, 1 Jan 2024",
            ["203.0.113.7"],
        ),
        ("from a.example ([IPv6:2001:db8::7]) by c.example", ["2001:db8::7"]),
        ("from a.example ([ipv6:2001:DB8::7]) by c.example", ["2001:db8::7"]),
        ("from unknown (HELO a.example) (203.0.113.7) by c.example", ["203.0.113.7"]),
        ("from [203.0.113.7] (helo=x) by c.example", ["203.0.113.7"]),
        ("from a (a [203.0.113.7]) by b ([203.0.113.8])", ["203.0.113.7", "203.0.113.8"]),
        ("from a (a [10.1.2.3]) by b ([127.0.0.1])", []),
        ("from a (a [203.0.113.700]) by b; version 1.2.3.4", []),
        ("from a (12:34:56) (Postfix 3.7.11)", []),
        ("", []),
    ],
)
def test_an_address_is_found_where_servers_write_it(value: str, found: list[str]) -> None:
    assert addresses(value) == found


def test_each_is_found_once_from_the_top_and_not_too_many() -> None:
    values = [f"from a ([203.0.113.{number}])" for number in (3, 1, 3, 2, 4)]
    assert addresses(*values, limit=3) == ["203.0.113.3", "203.0.113.1", "203.0.113.2"]


def test_hostile_fields_have_an_end() -> None:
    assert addresses("from a " + "(" * 100_000 + "[203.0.113.7]") == []
    values = ["from nowhere"] * MAX_FIELDS + ["from a ([203.0.113.7])"]
    assert addresses(*values) == []
