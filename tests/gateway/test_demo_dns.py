from __future__ import annotations

import dns.message
import dns.rcode
import pytest

from gatepost.gateway.demo_dns import answer

TABLE = {"_dmarc.bank.example": "v=DMARC1; p=reject"}


def asked(name: str, kind: str = "TXT") -> dns.message.Message:
    return dns.message.from_wire(answer(dns.message.make_query(name, kind).to_wire(), TABLE))


def test_a_name_of_the_table_has_its_text() -> None:
    [rrset] = asked("_DMARC.bank.example").answer
    assert rrset[0].strings == (b"v=DMARC1; p=reject",)


@pytest.mark.parametrize(("name", "kind"), [("_dmarc.bank.example", "A"), ("bank.example", "TXT")])
def test_what_exists_without_a_text_is_empty(name: str, kind: str) -> None:
    response = asked(name, kind)
    assert (response.rcode(), response.answer) == (dns.rcode.NOERROR, [])


def test_other_names_do_not_exist() -> None:
    assert asked("elsewhere.example").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize("junk", [b"", b"\xff" * 40, b"\0" * 12 + b"\x3f"])
def test_junk_is_answered_and_breaks_nothing(junk: bytes) -> None:
    assert len(answer(junk, TABLE)) >= 10
