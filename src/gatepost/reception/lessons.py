"""What is learned from each message: how its sender does here, who writes to whom, which domains there are.

Called at the end of a message, when it is known what became of it. Waits for nothing; what cannot be remembered is
lost and costs nothing but itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.checks.connection.correspondents import Correspondents, proven
from gatepost.checks.connection.identities import Registered, author_of
from gatepost.checks.connection.reputation import Reputation, Verdict, identities
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding
from gatepost.checks.identity.contacts import Contacts
from gatepost.checks.identity.new_domains import KnownDomains
from gatepost.mail.header import Glance
from gatepost.mail.path import Mailbox, parse_mailbox
from gatepost.mailauth.dmarc.author import read_from
from gatepost.policy.disposition import Action, Disposition


class Lessons:
    """Where reputation, correspondents and domains are learned; each is None when it is not wanted."""

    __slots__ = ("_contacts", "_correspondents", "_domains", "_registered", "_reputation")

    def __init__(
        self,
        reputation: Reputation | None,
        correspondents: Correspondents | None,
        contacts: Contacts | None,
        domains: KnownDomains | None,
        registered: Registered,
    ) -> None:
        self._reputation = reputation
        self._correspondents = correspondents
        self._contacts = contacts
        self._domains = domains
        self._registered = registered

    def learn(
        self, facts: Facts, findings: Sequence[Finding], disposition: Disposition, seen: Glance
    ) -> None:
        """Learn from a message that was taken or refused; one that was put off or is held has no verdict yet.

        `findings` are all of it. What a program answered (RFC 3834 §5) is no acquaintance.
        """
        accepted = disposition.action is Action.RELAY
        if facts.relay:
            if accepted and not seen.automatic:
                self._went_out(facts, seen)
            return
        if disposition.action is Action.DEFER or disposition.action is Action.QUARANTINE:
            return
        if self._reputation is not None:
            causes = () if accepted else (disposition.rule,)
            who = identities(facts.client, findings, self._registered)
            self._reputation.learn(who, Verdict(accepted, causes))
        if accepted:
            self._came_in(facts, findings)

    def _came_in(self, facts: Facts, findings: Sequence[Finding]) -> None:
        if self._correspondents is not None:
            senders = proven(facts.reverse_path, findings, self._registered)
            self._correspondents.came_in([sender.mailbox for sender in senders], facts.recipients)
        if self._contacts is not None:
            self._contacts.learn(findings)
        if self._domains is not None and (author := author_of(findings)) is not None:
            self._domains.learn((author.author,))

    def _went_out(self, facts: Facts, seen: Glance) -> None:
        if facts.reverse_path is None:
            return
        if self._correspondents is not None:
            senders = (facts.reverse_path, *_authors(seen.header_from))
            self._correspondents.went_out(senders, facts.recipients)
        if self._domains is not None:
            self._domains.learn([recipient.domain for recipient in facts.recipients])


def _authors(shown: str) -> Sequence[Mailbox]:
    """Give the author's address as a message of ours shows it; nobody where it shows several."""
    found = [
        parse_mailbox(mailbox.address) for mailbox in read_from(shown.encode("utf-8", "replace")).mailboxes
    ]
    authors = [mailbox for mailbox in found if isinstance(mailbox, Mailbox)]
    return authors if len(authors) == 1 else ()
