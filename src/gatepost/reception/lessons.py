"""What is learned from each message: how its sender does here, and who writes to whom.

Called at the end of a message, when it is known what became of it. Waits for nothing; what cannot be remembered is
lost and costs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.checks.connection.correspondents import Correspondents, vouches
from gatepost.checks.connection.identities import Registered
from gatepost.checks.connection.reputation import Reputation, Verdict, identities
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding
from gatepost.policy.disposition import Action, Disposition


class Lessons:
    """Where reputation and correspondents are learned; each is None when it is not wanted."""

    __slots__ = ("_correspondents", "_registered", "_reputation")

    def __init__(
        self, reputation: Reputation | None, correspondents: Correspondents | None, registered: Registered
    ) -> None:
        self._reputation = reputation
        self._correspondents = correspondents
        self._registered = registered

    def learn(self, facts: Facts, findings: Sequence[Finding], disposition: Disposition, auto: bool) -> None:
        """Learn from a message that was taken or refused; one that was put off has no verdict yet.

        `findings` are all of it. `auto` tells that a program answered (RFC 3834 §5): that is no acquaintance.
        """
        accepted = disposition.action is Action.RELAY
        if facts.relay:
            if accepted and self._correspondents is not None and not auto:
                self._correspondents.went_out(facts.reverse_path, facts.recipients)
            return
        if disposition.action is Action.DEFER:
            return
        if self._reputation is not None:
            causes = () if accepted else (disposition.rule,)
            who = identities(facts.client, findings, self._registered)
            self._reputation.learn(who, Verdict(accepted, causes))
        sender = facts.reverse_path
        if accepted and self._correspondents is not None and sender is not None:
            aligned = vouches(findings, sender.domain, self._registered)
            self._correspondents.came_in(sender, facts.recipients, aligned=aligned)
