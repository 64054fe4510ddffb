"""A day of mail in a journal, for tests of what is reported of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatepost.gateway.dmarc import turn
from gatepost.journal.writer import Journal
from tests.journal.test_aggregate import reception

OURS = "ours.test"
NOON = 43_200


def newest_day() -> int:
    """Give the day that a gateway of ours.test reports of now."""
    return turn.newest(time.time(), OURS)


def write_mail(journal: Path, days: Sequence[int], records: dict[str, str]) -> None:
    """Write one message for each domain and day; `records` are the DMARC records as they were seen."""
    for day in days:
        writer = Journal(journal, "w9", lambda day=day: float(day), lambda call: None)  # type: ignore[misc]
        for number, (domain, record) in enumerate(records.items()):
            one = reception("pass", record=record, sender=f"a@{domain}")
            values = {name: getattr(one, name) for name in one.__struct_fields__}
            values |= {"time": float(day + NOON), "message": f"s-{number}", "findings": _about(one, domain)}
            writer.append(type(one)(**values))
        writer.close()


def _about(one: Any, domain: str) -> Any:
    import msgspec

    [finding] = one.findings
    evidence = tuple(
        msgspec.structs.replace(fact, record_at=domain, author=domain) if hasattr(fact, "record_at") else fact
        for fact in finding.evidence
    )
    return (msgspec.structs.replace(finding, evidence=evidence),)


def asks(address: str) -> str:
    """Write a record that asks for reports."""
    return f"v=DMARC1; p=reject; rua=mailto:{address}"
