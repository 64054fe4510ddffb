"""The decision: from findings and rules to one disposition, by a pure function.

Between the checks and the reply, at every stage of a session. Most messages have nothing found, so that
case costs one look at each finding and gives a shared value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from gatepost.checks.finding import (
    Finding,
    NoteEvidence,
    OutageEvidence,
    Result,
    SignatureEvidence,
    SizeEvidence,
    Stage,
)
from gatepost.policy.disposition import Action, Disposition
from gatepost.policy.rules import SEVERITY, Rule, Rules

_CLEAN: Final = Result.CLEAN
_SKIPPED: Final = Result.SKIPPED
_NO_RULE: Final = "no-rule"


def decide(stage: Stage, findings: Sequence[Finding], rules: Rules) -> Disposition:
    """Decide on what was found at a stage.

    The severest action of all rules that match wins, the first of equals; the reasons of all are kept. A
    check that was skipped decides nothing: its finding stands in the record. What no rule is about goes on,
    with a reason that says so.
    """
    for finding in findings:
        result = finding.result
        if result is not _CLEAN and result is not _SKIPPED:
            return _weigh(stage, findings, rules)
    return rules.relay


def _weigh(stage: Stage, findings: Sequence[Finding], rules: Rules) -> Disposition:
    reasons: list[str] = []
    winner: Rule | None = None
    cause: Finding | None = None
    for finding in findings:
        if finding.result is _CLEAN or finding.result is _SKIPPED:
            continue
        rule = rules.find(finding.check, stage, finding.result)
        if rule is None:
            reasons.append(
                _reason(f"no rule says what to do when {finding.check} is {finding.result}", finding)
            )
            continue
        reasons.append(_reason(rule.reason, finding))
        if winner is None or SEVERITY[rule.action] > SEVERITY[winner.action]:
            winner, cause = rule, finding
    if winner is None or cause is None:
        return Disposition(action=Action.RELAY, rule=_NO_RULE, reasons=tuple(reasons))
    return Disposition(
        action=winner.action,
        rule=winner.name,
        reasons=tuple(reasons),
        entry=winner.entry,
        facts=_public_facts(winner, cause),
    )


def _public_facts(rule: Rule, finding: Finding) -> dict[str, str]:
    """Take the facts that the rule's entry wants from the evidence; one that is not there is "unknown"."""
    if not rule.facts:
        return {}
    known: dict[str, str] = {}
    for evidence in finding.evidence:
        match evidence:
            case SizeEvidence():
                known.setdefault("size", str(evidence.octets))
                known.setdefault("limit", str(evidence.limit))
            case SignatureEvidence():
                known.setdefault("signature", evidence.signature)
            case OutageEvidence() | NoteEvidence():
                pass  # private: an outage is our affair, a note is for the record
            case _:
                assert_never(evidence)
    return {name: known.get(name, "unknown") for name in rule.facts}


def _reason(reason: str, finding: Finding) -> str:
    details: list[str] = []
    for evidence in finding.evidence:
        match evidence:
            case SizeEvidence():
                details.append(f"{evidence.octets} octets, limit {evidence.limit}")
            case SignatureEvidence():
                details.append(f"{evidence.signature} in {evidence.where}, by {evidence.engine}")
            case OutageEvidence():
                details.append(f"{evidence.engine}: {evidence.reason}")
            case NoteEvidence():
                details.append(evidence.note)
            case _:
                assert_never(evidence)
    return f"{reason} ({'; '.join(details)})" if details else reason
