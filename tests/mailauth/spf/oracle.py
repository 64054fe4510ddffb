"""pyspf 2.0.14 as an oracle: it is asked the same with the same records."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

from tests.mailauth.spf.zone import TIMEOUT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import spf as pyspf


# RFC 7208 §7.3 joins the parts of every value by dots; pyspf by itself does so for l and s only.
JOINERS = dict.fromkeys("slodiphvcrt", ".")


class Word(NamedTuple):
    """What pyspf says: its result, its explanation of a fail ("" when the domain gave none), and its problem."""

    result: str
    explanation: str
    problem: str


def ask(
    client: str, helo: str, reverse_path: str, table: dict[str, Any], receiver: str, max_voids: int = 2
) -> Word:
    """Ask pyspf about a client and an identity, with a table as DNS; `max_voids` is its limit of void lookups."""

    def look_up(name: str, kind: str, *_: object, **__: object) -> Iterator[tuple[tuple[str, str], Any]]:
        records = table.get(name.lower().removesuffix("."), {})
        if records == TIMEOUT or records.get(kind) == TIMEOUT:
            raise pyspf.TempError("DNS timeout")
        for value in records.get(kind, ()):
            yield (name, kind), _native(kind, value)
        if kind not in records:
            for value in records.get("CNAME", ()):
                yield (name, "CNAME"), value

    with mock.patch.multiple(pyspf, DNSLookup=look_up, MAX_VOID_LOOKUPS=max_voids, JOINERS=JOINERS):
        query = pyspf.query(i=client, s=reverse_path, h=helo, receiver=receiver)
        query.set_default_explanation("")
        result, _, explanation = query.check()
    return Word(result, explanation if result == "fail" else "", getattr(query, "prob", ""))


def _native(kind: str, value: str) -> Any:
    if kind == "MX":
        preference, _, host = value.partition(" ")
        return int(preference), host
    return (value.encode(),) if kind == "TXT" else value
