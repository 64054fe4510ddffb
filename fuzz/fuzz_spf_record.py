"""Search for SPF records that break their reading, or the evaluation that follows."""

from __future__ import annotations

import asyncio
import re

from gatepost.mail.dns import Answer, Kind, Status
from gatepost.mailauth.spf import Result, check_mail
from gatepost.mailauth.spf.evaluation import MAX_EXPLANATION, MAX_LOOKUPS, MAX_VOIDS
from gatepost.mailauth.spf.record import BadRecord, is_spf, parse

MODIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*=")


class Everything:
    """DNS in which every name has every kind of record, the searched text among them."""

    def __init__(self, text: str) -> None:
        self.asked = 0
        self._records: dict[Kind, tuple[str, ...]] = {
            "A": ("192.0.2.7", "no address"),
            "AAAA": ("2001:db8::7",),
            "MX": ("1 mx.example.org", "2 ", "3"),
            "PTR": ("mx.example.org", "..", "x" * 64 + ".example"),
            "TXT": (text,),
        }

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the records of a kind, but for names that begin with "x"."""
        assert name.isascii()
        assert "" not in name.split(".")
        self.asked += 1
        if name.startswith("x"):
            return Answer(name, kind, Status.ABSENT)
        return Answer(name, kind, Status.FOUND, self._records.get(kind, ()))


def target(data: bytes) -> None:
    """Any text is a record or says why not; terms stand in their order; evaluation ends within its limits."""
    text = data.decode(errors="replace")
    record = parse(text) if is_spf(text) else parse("v=spf1 " + text)
    if isinstance(record, BadRecord):
        assert record.why.isascii()
        assert record.why.isprintable()
        assert record.term in text.split(" ") or record.term == ""
    else:
        terms = [term for term in text.removeprefix(text[:6] if is_spf(text) else "").split(" ") if term]
        directives = [term for term in terms if MODIFIER.match(term) is None]
        assert [directive.text for directive in record.directives] == directives
    dns = Everything(text)
    for client in ("192.0.2.1", "2001:db8::1"):
        dns.asked = 0
        checked = check_mail(
            client=client, reverse_path="joe.bloggs@example.org", helo="xhelo.example", resolver=dns
        )
        word = asyncio.run(checked)
        assert dns.asked <= 1 + MAX_LOOKUPS * 11 + 12
        assert word.lookups <= MAX_LOOKUPS + 1
        assert word.voids <= MAX_VOIDS + 1
        assert (word.result is Result.NONE) == (not is_spf(text))
        assert isinstance(record, BadRecord) <= (word.result in (Result.PERMERROR, Result.NONE))
        assert len(word.explanation) <= MAX_EXPLANATION
        assert word.reason.isascii()
        assert word.reason.isprintable()
