"""What a period's journal tells the owners of domains about mail in their name: DMARC aggregate reports (RFC 9990).

Everything comes from the receptions and the evidence of their findings, so reports can be made anew at any time, and
nothing is kept for them alone. Only domains whose record asks for reports get one. Memory is bounded by rows, not by
messages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gatepost.checks.evidence import DkimEvidence, DmarcEvidence, SpfEvidence
from gatepost.journal.query import host_of
from gatepost.journal.records import AnyRecord, Reception
from gatepost.mail.idn import to_ascii
from gatepost.mailauth.dmarc.record import Record, parse_record
from gatepost.mailauth.dmarc.report import DkimResult, Override, PolicyPublished, Report, Row, SpfResult
from gatepost.policy.disposition import Action

MAX_DOMAINS: Final = 10_000
MAX_ROWS: Final = 10_000  # of one domain; further kinds of messages are counted in `errors`
MAX_IN_AN_ID: Final = 120
GENERATOR: Final = "Gatepost"
_NOT_IN_AN_ID: Final = re.compile(r"[^A-Za-z0-9.-]")


class Asked(Struct, frozen=True):
    """A report, and the record whose `rua` says who wants it."""

    report: Report
    record: Record


class _Domain:
    """What was seen of one policy domain: the newest record, and how many messages of each kind."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.rows: Counter[Row] = Counter()
        self.left_out = 0

    def add(self, row: Row) -> None:
        if row in self.rows or len(self.rows) < MAX_ROWS:
            self.rows[row] += 1
        else:
            self.left_out += 1


def reports(records: Iterable[AnyRecord], *, begin: int, end: int, org_name: str, email: str) -> list[Asked]:
    """Make the reports of a period, `begin` to `end` (seconds since 1970), by policy domain in order of name."""
    domains: dict[str, _Domain] = {}
    for record in records:
        if isinstance(record, Reception):
            _count(record, domains)
    return [
        Asked(_report(name, domain, domain.record, begin, end, org_name, email), domain.record)
        for name, domain in sorted(domains.items())
        if domain.record is not None and domain.record.rua
    ]


def _count(reception: Reception, domains: dict[str, _Domain]) -> None:
    for finding in reception.findings:
        for evidence in finding.evidence:
            if type(evidence) is not DmarcEvidence or not evidence.record_at or not evidence.record:
                continue
            domain = domains.get(evidence.record_at)
            if domain is None:
                if len(domains) >= MAX_DOMAINS:
                    return
                domain = domains[evidence.record_at] = _Domain()
            domain.record = parse_record(evidence.record) or domain.record
            domain.add(_row(reception, evidence))


def _row(reception: Reception, dmarc: DmarcEvidence) -> Row:
    evidence = [one for finding in reception.findings for one in finding.evidence]
    sender = reception.reverse_path
    disposition, overrides = _disposition(reception, dmarc)
    return Row(
        source_ip=host_of(reception.peer),
        count=1,
        disposition=disposition,
        dkim="pass" if any(way.startswith("dkim ") for way in dmarc.aligned) else "fail",
        spf="pass" if any(way.startswith("spf ") for way in dmarc.aligned) else "fail",
        header_from=dmarc.author,
        overrides=overrides,
        envelope_from=(to_ascii(sender.rpartition("@")[2]) or "") if sender else "",
        signatures=tuple(
            [
                DkimResult(one.domain, one.selector, one.result, one.reason)
                for one in sorted(_signatures(evidence), key=lambda one: one.domain != dmarc.author)
            ]
        ),
        spf_results=tuple(
            [
                SpfResult(one.domain, one.result, "mfrom")
                for one in evidence
                if type(one) is SpfEvidence and one.identity == "mailfrom"
            ]
        ),
    )


def _signatures(evidence: Iterable[object]) -> Iterator[DkimEvidence]:
    for one in evidence:
        if type(one) is DkimEvidence and one.domain and one.selector:
            yield one


def _disposition(reception: Reception, dmarc: DmarcEvidence) -> tuple[str, tuple[Override, ...]]:
    """Say what was done, and why it is not what the owner asks for where it is not (RFC 9990 §3.1.6)."""
    if dmarc.result == "pass":
        return "pass", ()
    if reception.disposition.rule.startswith("dmarc-") and reception.disposition.action is Action.REJECT:
        return "reject", ()
    if reception.disposition.rule.startswith("dmarc-") and reception.disposition.action is Action.QUARANTINE:
        wanted = dmarc.policy == "quarantine"
        return "quarantine", () if wanted else (Override("local_policy", "held until a person decides"),)
    if any(finding.what == "dmarc-forwarded" for finding in reception.findings):
        return "none", (Override("trusted_forwarder", dmarc.reason),)
    if "dmarc-quarantine" in reception.disposition.marks:
        return "quarantine", ()
    if dmarc.policy in ("", "none"):
        return "none", ()
    return "none", (Override("local_policy", f"{reception.disposition.rule} decided"),)


def _report(
    name: str, domain: _Domain, record: Record, begin: int, end: int, org_name: str, email: str
) -> Report:
    rows = [_counted(row, count) for row, count in domain.rows.most_common()]
    errors = [*record.problems]
    if domain.left_out:
        errors.append(f"{domain.left_out} more messages of other kinds are not in this report")
    return Report(
        org_name=org_name,
        email=email,
        report_id=f"{_in_an_id(name)}.{begin}.{end}",
        begin=begin,
        end=end,
        policy=PolicyPublished(
            domain=name,
            p=record.p.value,
            sp=record.sp.value if record.sp is not None else "",
            np=record.np.value if record.np is not None else "",
            adkim="s" if record.adkim_strict else "r",
            aspf="s" if record.aspf_strict else "r",
            discovery_method="treewalk",
            testing="y" if record.testing else "n",
        ),
        rows=tuple(rows),
        errors=tuple(errors),
        generator=GENERATOR,
    )


def _in_an_id(name: str) -> str:
    """Write a domain so that an id with it stays below the 200 characters that a report id may have."""
    plain = _NOT_IN_AN_ID.sub("-", name)
    return plain if len(plain) <= MAX_IN_AN_ID else sha256(name.encode()).hexdigest()


def _counted(row: Row, count: int) -> Row:
    return replace(row, count=count)
