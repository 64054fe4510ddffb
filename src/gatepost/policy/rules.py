"""Rules: what to do about which finding, as frozen values that a person can read one by one.

`decide` applies them; `rules` makes them from the table of what can be found (`known`) and the choices of the
settings. They know entry ids and the names of public facts, not replies: the catalogue is reception's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from msgspec import Struct

from gatepost.policy.disposition import Action, Disposition
from gatepost.policy.known import KNOWN, Choice, Known

SEVERITY: Final = {
    # A sender who is told can act, so telling outweighs everything that is silent; and what was not looked at
    # must not be settled for good by another check's milder word.
    # A person who looks can still let go on what is held, so holding outweighs only what lets it go on.
    Action.RELAY: 0,
    Action.QUARANTINE: 1,
    Action.DISCARD: 2,
    Action.DEFER: 3,
    Action.REJECT: 4,
}
SCORE_ENTRY: Final = "score-too-high"
SCORE_RULE: Final = "score"


class Treatment(Struct, frozen=True):
    """What the settings want done about a finding; a `score` of None leaves the usual one."""

    choice: Choice
    score: float | None = None


class Rule(Struct, frozen=True, kw_only=True):
    """What to do about a finding.

    `entry` is the catalogue entry to say and `facts` the names of the public facts that fill it; both are
    empty when the message goes on. `reason` is private and in words. `accept` outweighs all rules that are not
    `firm`; `mark` names the finding in the message.
    """

    finding: str
    action: Action
    reason: str
    score: float = 0.0
    mark: bool = False
    accept: bool = False
    firm: bool = False
    entry: str = ""
    facts: tuple[str, ...] = ()


class Rules:
    """A set of rules, the scores from which a message is refused or held (0: never), and what follows from no rule.

    Raises ValueError when two rules are about the same finding.
    """

    __slots__ = ("_by_finding", "hold_score", "reject_score", "relay", "rules")

    def __init__(self, rules: Iterable[Rule], reject_score: float = 0.0, hold_score: float = 0.0) -> None:
        self.rules: Final = tuple(rules)
        self.reject_score: Final = reject_score
        self.hold_score: Final = hold_score
        self.relay: Final = Disposition(action=Action.RELAY, rule="nothing-found")
        self._by_finding = {rule.finding: rule for rule in self.rules}
        if len(self._by_finding) < len(self.rules):
            raise ValueError("two rules are about the same finding")

    def find(self, finding: str) -> Rule | None:
        """Give the rule about a finding."""
        return self._by_finding.get(finding)


def rules(
    treatments: Mapping[str, Treatment] | None = None, reject_score: float = 0.0, hold_score: float = 0.0
) -> Rules:
    """Make the rules: the usual ones, but for the findings that `treatments` names."""
    wanted = treatments or {}
    made = [rule_for(known, wanted.get(known.finding)) for known in KNOWN.values()]
    return Rules(made, reject_score, hold_score)


def rule_for(known: Known, treatment: Treatment | None = None) -> Rule:
    """Make the rule about one finding. Raises ValueError for a choice that would not be true of it."""
    choice = known.choice if treatment is None else treatment.choice
    if choice not in known.choices():
        raise ValueError(f'{known.finding} cannot be "{choice}"; choose one of {", ".join(known.choices())}')
    score = known.score if treatment is None or treatment.score is None else treatment.score
    reason = known.means if treatment is None else f"{known.means}; the settings say {choice}"
    match choice:
        case "reject" | "defer":
            return Rule(
                finding=known.finding,
                action=Action.REJECT if choice == "reject" else Action.DEFER,
                reason=reason,
                score=score,
                firm=known.firm,
                entry=known.reject if choice == "reject" else known.defer,
                facts=known.facts,
            )
        case "hold":
            # Not named in the message: what follows on a person's word is not to judge it by this again.
            return Rule(
                finding=known.finding,
                action=Action.QUARANTINE,
                reason=reason,
                score=score,
                firm=known.firm,
            )
        case "mark" | "accept":
            return Rule(
                finding=known.finding,
                action=Action.RELAY,
                reason=reason,
                score=score,
                mark=True,
                accept=choice == "accept",
            )
        case "observe":
            return Rule(finding=known.finding, action=Action.RELAY, reason=reason)
        case _:
            assert_never(choice)
