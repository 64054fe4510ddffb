"""What was found about a message's identities, as the results of RFC 8601 and the chain that the next reader is told.

Between the findings and the fields that reception puts on top: Authentication-Results, and the seal. Everything comes
from the evidence: what is not found is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.checks.evidence import ArcEvidence, DkimEvidence, DmarcEvidence, SpfEvidence
from gatepost.checks.finding import Finding
from gatepost.mailauth import arc
from gatepost.mailauth.results import MethodResult, Property


def results_of(findings: Iterable[Finding]) -> tuple[MethodResult, ...]:
    """Give the results in the order of the findings; a message without signatures has "dkim=none" (§2.7.1)."""
    return tuple([result for finding in findings for result in _of(finding)])


def chain_of(findings: Iterable[Finding]) -> arc.Chain | None:
    """Give the ARC chain as it was verified, as much of it as a new seal rests on; None when nobody looked."""
    for finding in findings:
        if finding.what == "arc-none":
            return arc.Chain(arc.Status.NONE)
        for evidence in finding.evidence:
            if type(evidence) is ArcEvidence:
                status = arc.Status(evidence.status)
                return arc.Chain(status, evidence.reason, newest=evidence.newest, ended=evidence.ended)
    return None


def _of(finding: Finding) -> Iterator[MethodResult]:
    if finding.what == "dkim-none":
        yield MethodResult("dkim", "none")
    for evidence in finding.evidence:
        match evidence:
            case SpfEvidence():
                yield MethodResult(
                    "spf",
                    evidence.result,
                    reason="" if evidence.result == "pass" else evidence.reason,
                    properties=(Property("smtp", evidence.identity, evidence.domain),),
                )
            case DkimEvidence():
                yield MethodResult("dkim", evidence.result, evidence.reason, tuple(_signature(evidence)))
            case ArcEvidence():
                yield MethodResult("arc", _known(evidence.status), evidence.reason or evidence.weak)
            case DmarcEvidence():
                yield MethodResult(
                    "dmarc",
                    evidence.result,
                    reason="" if evidence.result == "pass" else evidence.reason,
                    properties=tuple(_author(evidence)),
                )
            case _:
                pass


def _signature(evidence: DkimEvidence) -> Iterator[Property]:
    for name, value in (
        ("d", evidence.domain),
        ("s", evidence.selector),
        ("a", evidence.algorithm),
        ("b", evidence.header_b),
    ):
        if value:
            yield Property("header", name, value)


def _author(evidence: DmarcEvidence) -> Iterator[Property]:
    if evidence.author:
        yield Property("header", "from", evidence.author)
    if evidence.policy:
        yield Property("policy", "dmarc", evidence.policy)


def _known(status: str) -> str:
    """Name a chain's status by the registry, which has no temporary error for ARC (RFC 8617 §10.1)."""
    return "none" if status == "temperror" else status
