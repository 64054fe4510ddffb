"""Everything that a check can find, and what is done about it unless the settings say otherwise.

One row for each finding: what it means, the choice, the reason for the choice. The settings page, `gatepost policy`
and the rules are made from this table, so a finding that is not in it can have no rule. Knows entry ids, not replies.
It is long because it is the whole table, in the order in which a message meets the checks.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Choice = Literal["reject", "defer", "mark", "accept", "observe"]
"""What may be done about a finding: refuse for good, refuse for now, go on and name it in a field of the message and
in its score, go on whatever else speaks against it, or only keep it in the journal."""


class Known(Struct, frozen=True, kw_only=True):
    """One thing that can be found.

    `means` completes "It was found that ...". `reject` and `defer` are ids of catalogue entries, "" where that
    choice would not be true: 5yz where trying again helps, 4yz where it cannot. `facts` fill those entries.
    `firm` findings stand even where another one says "accept".
    """

    finding: str
    means: str
    choice: Choice
    because: str
    score: float = 0.0
    reject: str = ""
    defer: str = ""
    facts: tuple[str, ...] = ()
    firm: bool = False

    def choices(self) -> tuple[Choice, ...]:
        """Name the choices there are: accepting is for what speaks in favour, and refusing needs an entry."""
        if self.choice == "accept":
            return ("accept", "mark", "observe")
        refusing: tuple[Choice, ...] = ("reject",) if self.reject else ()
        return (*refusing, *(("defer",) if self.defer else ()), "mark", "observe")


_ROWS: Final = (
    Known(
        finding="size-declared",
        means="MAIL declared more octets than the gateway takes",
        choice="reject",
        because="the content would be refused at its end anyway; so it need not come",
        reject="size-declared",
        facts=("size", "limit"),
        firm=True,
    ),
    Known(
        finding="size-exceeded",
        means="the content has more octets than the gateway takes",
        choice="reject",
        because="larger messages would fill the spool or fail behind the gateway",
        reject="size-exceeded",
        facts=("limit",),
        firm=True,
    ),
    Known(
        finding="virus-found",
        means="a virus signature matched",
        choice="reject",
        because="the sender is told, and nobody gets it",
        reject="virus-found",
        facts=("signature",),
        firm=True,
    ),
    Known(
        finding="virus-unavailable",
        means="the virus scanner could not be asked",
        choice="defer",
        because="the client tries again, and nothing passes unchecked; an outage is no reason to refuse for good",
        defer="virus-check-unavailable",
        firm=True,
    ),
    Known(
        finding="to-postmaster",
        means="the recipient is postmaster or abuse at a domain of ours, and so are all others of the message",
        choice="accept",
        because="who is refused by mistake needs somebody to tell (RFC 5321 §4.5.1)",
    ),
    Known(
        finding="network-allowed",
        means="the client is on the list checks.lists.allowed",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="network-blocked",
        means="the client is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
    Known(
        finding="sender-allowed",
        means="the reverse-path is on the list checks.lists.allowed, and SPF says that it is genuine",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="sender-blocked",
        means="the reverse-path is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
    Known(
        finding="author-allowed",
        means="the author is on the list checks.lists.allowed, and their domain stands behind the message",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="author-blocked",
        means="the author is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
    Known(
        finding="dnsbl-listed",
        means="the DNS blocklists that are asked name the client with enough weight",
        choice="reject",
        because="the lists and their weights are your choice; none is asked unless you name it",
        score=5.0,
        reject="client-listed",
        facts=("address", "list"),
    ),
    Known(
        finding="dnsbl-suspect",
        means="a DNS blocklist names the client, with too little weight to refuse it",
        choice="mark",
        because="the weights of the lists are its score",
        score=1.0,
        reject="client-listed",
        facts=("address", "list"),
    ),
    Known(
        finding="dnswl-listed",
        means="an allowlist in DNS names the client",
        choice="mark",
        because="the weight of the list, which is below 0, is its score",
        score=-1.0,
    ),
    Known(
        finding="dnsbl-header-listed",
        means="DNS blocklists name a host that the message came through, with enough weight",
        choice="mark",
        because="the client itself may be an honest forwarder",
        score=3.0,
        reject="client-listed",
        facts=("address", "list"),
    ),
    Known(
        finding="dnsbl-header-suspect",
        means="a DNS blocklist names a host that the message came through",
        choice="mark",
        because="the weights of the lists are its score",
        score=1.0,
    ),
    Known(
        finding="dnsbl-unavailable",
        means="no DNS blocklist answered",
        choice="observe",
        because="what is not known of a client is no reason against it; the journal tells which list was ill when",
    ),
    Known(
        finding="dnsbl-header-unavailable",
        means="no DNS blocklist answered about the hosts that the message came through",
        choice="observe",
        because="what is not known of a host is no reason against it",
    ),
    Known(
        finding="reverse-name-missing",
        means="the client's address has no name in DNS",
        choice="mark",
        score=1.5,
        because="some honest servers have none, though fewer from year to year",
        reject="client-nameless",
        facts=("address",),
    ),
    Known(
        finding="reverse-name-mismatch",
        means="the name of the client's address does not lead back to the address",
        choice="mark",
        score=1.0,
        because="it is a common slip of honest administrators",
        reject="client-nameless",
        facts=("address",),
    ),
    Known(
        finding="reverse-name-dynamic",
        means="the name of the client's address looks like a line that customers dial in by",
        choice="mark",
        score=1.5,
        because="names can mislead",
    ),
    Known(
        finding="reverse-name-failed",
        means="DNS did not answer for the name of the client's address",
        choice="observe",
        because="a failure of DNS says nothing about the client",
        defer="client-name-later",
        facts=("address",),
    ),
    Known(
        finding="helo-own-name",
        means="the client calls itself by our name, or by a domain of ours that is not its own",
        choice="reject",
        score=5.0,
        because="no honest host does it",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-literal-wrong",
        means="the client calls itself by an address that is not its own",
        choice="mark",
        score=2.0,
        because="hosts behind address translation do it too",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-bare-address",
        means="the client calls itself by an address without brackets",
        choice="mark",
        score=2.0,
        because="no mail server does it, but some devices do",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-no-dot",
        means="the client calls itself by a name without a dot",
        choice="mark",
        score=1.5,
        because="misconfigured honest servers do it too",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-no-name",
        means="the client calls itself by something that is no host name",
        choice="mark",
        score=1.5,
        because="misconfigured honest servers do it too",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-unresolvable",
        means="the name that the client calls itself is not in DNS",
        choice="mark",
        score=1.5,
        because="RFC 5321 §4.1.4 forbids to refuse for a name that does not fit alone; it counts as a sign",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-mismatch",
        means="the name that the client calls itself leads to another address",
        choice="mark",
        score=0.5,
        because="RFC 5321 §4.1.4 forbids to refuse for that alone, and honest servers with several addresses do it",
    ),
    Known(
        finding="helo-dynamic",
        means="the name that the client calls itself looks like a line that customers dial in by",
        choice="mark",
        score=1.5,
        because="names can mislead",
        reject="helo-refused",
        facts=("helo",),
    ),
    Known(
        finding="helo-failed",
        means="DNS did not answer for the name that the client calls itself",
        choice="observe",
        because="a failure of DNS says nothing about the client",
    ),
    Known(
        finding="country-blocked",
        means="the client is in a country or network that checks.country blocks",
        choice="reject",
        because="the administrator has said so",
        reject="place-blocked",
        facts=("address", "country"),
    ),
    Known(
        finding="country-unavailable",
        means="the database of countries and networks could not be read",
        choice="observe",
        because="it is our own affair; the log says what is wrong with the file",
    ),
    Known(
        finding="greylist-first",
        means="the client is unknown and came for the first time",
        choice="defer",
        because="only suspicious sessions are asked, and honest servers come again by themselves",
        defer="greylisted",
        facts=("seconds",),
    ),
    Known(
        finding="greylist-early",
        means="the client is unknown and came again before its time",
        choice="defer",
        because="the time it has to wait is said in the reply",
        defer="greylisted",
        facts=("seconds",),
    ),
    Known(
        finding="greylist-unavailable",
        means="it could not be remembered who came before",
        choice="observe",
        because="a failure of ours is no reason to let anyone wait",
    ),
    Known(
        finding="reputation-poor",
        means="of what the sender sent here before, much was refused",
        choice="mark",
        score=2.0,
        because="it is for you to say when enough is known to put it off",
        defer="reputation-poor",
        facts=("identity",),
    ),
    Known(
        finding="reputation-bad",
        means="of what the sender sent here before, nearly all was refused",
        choice="mark",
        score=4.0,
        because="it is for you to say when enough is known to refuse it",
        reject="reputation-bad",
        defer="reputation-poor",
        facts=("identity",),
    ),
    Known(
        finding="reputation-unavailable",
        means="it could not be remembered what the sender did here before",
        choice="observe",
        because="a failure of ours is no reason against anyone",
    ),
    Known(
        finding="known-correspondent",
        means="our user and the sender write to each other",
        choice="mark",
        score=-4.0,
        because="who is written to is hardly a stranger; viruses and size count all the same",
    ),
    Known(
        finding="written-correspondent",
        means="our user wrote to the sender before",
        choice="mark",
        score=-1.5,
        because="an answer is mostly welcome",
    ),
    Known(
        finding="correspondent-unavailable",
        means="it could not be remembered who writes to whom",
        choice="observe",
        because="a failure of ours is no reason against anyone",
    ),
    Known(
        finding="spf-fail",
        means="the domain of the reverse-path says that the client may not send for it (-all)",
        choice="mark",
        score=3.0,
        because="forwarded mail fails too; where the owner wants it refused, DMARC says so",
        reject="spf-fail",
        facts=("client", "domain", "why"),
    ),
    Known(
        finding="spf-helo-fail",
        means="the domain in EHLO or HELO says that the client may not call itself so",
        choice="mark",
        score=2.0,
        because="hardly any honest host does it, but a wrong record is the fault of somebody else",
        reject="spf-fail",
        facts=("client", "domain", "why"),
    ),
    Known(
        finding="spf-softfail",
        means="the domain of the reverse-path says that the client probably may not send for it (~all)",
        choice="mark",
        score=1.0,
        because="RFC 7208 §8.5: it must not be refused for that alone",
    ),
    Known(
        finding="spf-permerror",
        means="the SPF record of the reverse-path's domain cannot be used",
        choice="mark",
        score=0.5,
        because="most such domains are honest and do not know of their error",
        reject="spf-broken",
        facts=("domain", "why"),
    ),
    Known(
        finding="spf-temperror",
        means="DNS did not answer for the SPF record of the reverse-path's domain",
        choice="observe",
        because="a failure of DNS says nothing about the message",
        defer="spf-later",
        facts=("domain",),
    ),
    Known(
        finding="dkim-fail",
        means="the message has DKIM signatures and none of them holds",
        choice="mark",
        score=0.5,
        because="RFC 6376 §6.1: a signature that fails is to be treated as if it were not there",
        reject="dkim-fail",
        facts=("domain", "why"),
    ),
    Known(
        finding="dkim-temperror",
        means="DNS did not answer for the keys of the message's DKIM signatures",
        choice="observe",
        because="a failure of DNS says nothing about the message",
    ),
    Known(
        finding="arc-fail",
        means="the message has an ARC chain that does not hold",
        choice="observe",
        because="RFC 8617 §5.2.1: it is to be treated as if it had no chain",
    ),
    Known(
        finding="arc-temperror",
        means="DNS did not answer for the keys of the message's ARC chain",
        choice="observe",
        because="a failure of DNS says nothing about the message",
    ),
    Known(
        finding="dmarc-reject",
        means="the author's domain asks to refuse mail that it does not stand behind, and does not stand behind this",
        choice="reject",
        because="the owner of the domain asks for it; trusted forwarders are excepted (dmarc-forwarded)",
        score=5.0,
        reject="dmarc-reject",
        facts=("domain", "policy", "why"),
    ),
    Known(
        finding="dmarc-quarantine",
        means="the author's domain asks to treat mail with suspicion that it does not stand behind, such as this",
        choice="mark",
        score=5.0,
        because="the owner of the domain asks for suspicion, not for refusal",
        reject="dmarc-reject",
        facts=("domain", "policy", "why"),
    ),
    Known(
        finding="dmarc-fail",
        means="the author's domain does not stand behind the message, and asks for nothing",
        choice="mark",
        score=1.0,
        because="the owner only watches so far (p=none)",
        reject="dmarc-reject",
        facts=("domain", "policy", "why"),
    ),
    Known(
        finding="dmarc-forwarded",
        means="the author's domain does not stand behind the message, but it came through a trusted forwarder",
        choice="observe",
        because="the forwarder is named in checks.identity.trusted_forwarders",
    ),
    Known(
        finding="dmarc-permerror",
        means="the message has no single author domain, or that domain's DMARC record says nothing valid",
        choice="mark",
        score=0.5,
        because="nothing can be concluded from it; author-unclear says more about the author",
    ),
    Known(
        finding="dmarc-temperror",
        means="DNS did not answer for what the DMARC result depends on",
        choice="observe",
        because="a failure of DNS says nothing about the message",
        defer="dmarc-later",
        facts=("domain",),
    ),
    Known(
        finding="author-unclear",
        means="different readers could see different authors, or there is none",
        choice="mark",
        score=2.0,
        because="broken programs do it too, but forgers gain by it",
        reject="author-forged",
        facts=("why",),
    ),
    Known(
        finding="author-own-domain",
        means="the author is of a domain of ours, the client is not ours, and nothing proves it",
        choice="mark",
        score=4.0,
        because="services that send in your name may not sign yet; publish a DMARC policy, and it decides",
        reject="author-forged",
        facts=("why",),
    ),
    Known(
        finding="author-name-forged",
        means="the name of the author shows an address of another domain than the author's",
        choice="mark",
        score=2.5,
        because="mailing lists and ticket systems do it too",
        reject="author-forged",
        facts=("why",),
    ),
    Known(
        finding="author-look-alike",
        means="the author's domain looks like one of ours, and is not",
        choice="mark",
        score=4.0,
        because="honest domains may look alike by chance",
        reject="author-forged",
        facts=("why",),
    ),
    Known(
        finding="reply-elsewhere",
        means="answers would go to another domain than the author's",
        choice="mark",
        score=0.5,
        because="it is usual for forms and newsletters, and for fraud",
    ),
)

KNOWN: Final[dict[str, Known]] = {row.finding: row for row in _ROWS}
