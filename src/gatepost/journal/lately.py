"""What the journal tells of the last while in numbers: mail taken, refused, delivered, and what could not be asked.

Between the journal's files and `gatepost status`. It reads the records of a short time in one pass, and keeps counts.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.finding import Finding, Result
from gatepost.journal.reader import Skipped, records
from gatepost.journal.records import Attempt, Bounced, Deferred, HeldBack, Reception, Said


class Outage(Struct):
    """A check that could not look: how often, when last (seconds since 1970), and why then."""

    times: int = 0
    last: float = 0.0
    reason: str = ""


class Lately(Struct):
    """Counts of a time.

    Messages: `taken`, `held`, `refused` for good, `put_off`. Recipients: `recipients_refused` before any content,
    `delivered`, `deferred`, `failed`. Outages by check, and when each check looked last.
    """

    taken: int = 0
    held: int = 0
    refused: int = 0
    put_off: int = 0
    recipients_refused: int = 0
    delivered: int = 0
    deferred: int = 0
    failed: int = 0
    outages: dict[str, Outage] = {}
    last_looks: dict[str, float] = {}

    def lasting(self) -> dict[str, Outage]:
        """Give the outages that no success has followed."""
        return {
            check: outage
            for check, outage in self.outages.items()
            if self.last_looks.get(check, 0.0) < outage.last
        }


def lately(directory: Path, since: float, skipped: Skipped) -> Lately:
    """Count what happened from a time on."""
    counts = Lately()
    for record in records(directory, since, None, skipped):
        match record:
            case Reception():
                _received(counts, record)
                _looked(counts, record.time, record.findings)
            case Said():
                if record.stage == "rcpt" and record.reply.code >= 400:
                    counts.recipients_refused += 1
                _looked(counts, record.time, record.findings)
            case Attempt():
                counts.delivered += len(record.recipients) if record.outcome == "delivered" else 0
            case Deferred():
                counts.deferred += len(record.recipients)
            case Bounced():
                counts.failed += len(record.recipients)
            case HeldBack():
                counts.held += 1
            case _:
                pass
    return counts


def _received(counts: Lately, record: Reception) -> None:
    if record.reply.code < 400:
        counts.taken += 1
    elif record.reply.code < 500:
        counts.put_off += 1
    else:
        counts.refused += 1


def _looked(counts: Lately, time: float, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        if finding.result is Result.UNAVAILABLE:
            outage = counts.outages.setdefault(finding.check, Outage())
            outage.times += 1
            outage.last = max(outage.last, time)
            for evidence in finding.evidence:
                if isinstance(evidence, OutageEvidence):
                    outage.reason = evidence.words()
        elif finding.result is not Result.SKIPPED:
            counts.last_looks[finding.check] = max(counts.last_looks.get(finding.check, 0.0), time)
