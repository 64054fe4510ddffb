"""Replies about who is calling and for whom: what connection and identity checks found, and the score of it all."""

from __future__ import annotations

from typing import Final

from gatepost.reply.entry import Entry

SCORE_TOO_HIGH: Final = Entry(
    id="score-too-high",
    code=550,
    enhanced="5.7.1",
    text="Message refused: what the checks found adds up to {score}, the limit is {limit}",
    stage="content",
    when="No single finding decided, but all of them together reached policy.reject_score.",
    why="Several weak signs together are a strong one. Each of them stands in the journal with its share.",
    sender_action=(
        "Send this line to the postmaster of the domain you wrote to: the id in it finds the message and "
        "what "
        "was found."
    ),
    operator_action=(
        "`gatepost trace` with the id lists the findings and their scores. If honest mail is refused, "
        "lower the "
        "score of the finding that weighs too much (policy.findings) or raise policy.reject_score."
    ),
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="policy",
    side="sender",
    fields=frozenset({"score", "limit"}),
)
SPF_FAIL: Final = Entry(
    id="spf-fail",
    code=550,
    enhanced="5.7.23",
    text="{client} may not send for {domain}: {why}",
    stage="rcpt",
    when=(
        "The domain of the reverse-path, or of the name in EHLO, publishes an SPF record, and it "
        "excludes the client."
    ),
    why="The owner of the domain has said which hosts send its mail. This one is not among them.",
    sender_action=(
        "If you send from your own domain: add this host to its SPF record, or send through the mail "
        "server that the "
        "record names. If the message was forwarded, the forwarder must rewrite the reverse-path (SRS)."
    ),
    operator_action=(
        "`gatepost trace` shows the record, the term that matched and the time. Forwarders break SPF: name "
        "honest "
        "ones in checks.identity.trusted_forwarders or checks.lists.allowed."
    ),
    references=("RFC 7208 §8.4", "RFC 7372 §3.2"),
    cause="auth_fail",
    side="sender",
    fields=frozenset({"client", "domain", "why"}),
)
SPF_BROKEN: Final = Entry(
    id="spf-broken",
    code=550,
    enhanced="5.7.24",
    text="SPF for {domain} cannot be used: {why}",
    stage="rcpt",
    when="The SPF record of the domain has an error that no retry mends.",
    why=(
        "Nobody can tell from a broken record which hosts may send; the policy of this gateway "
        "is to refuse then."
    ),
    sender_action="Correct the SPF record of the domain; the text says what is wrong.",
    operator_action=(
        "`gatepost trace` shows the record as it was seen. The usual choice is to mark such mail only."
    ),
    references=("RFC 7208 §8.7", "RFC 7372 §3.2"),
    cause="auth_fail",
    side="sender",
    fields=frozenset({"domain", "why"}),
)
SPF_LATER: Final = Entry(
    id="spf-later",
    code=451,
    enhanced="4.7.24",
    text="The SPF record of {domain} cannot be read now; try again later",
    stage="rcpt",
    when="DNS did not answer for the SPF record of the domain.",
    why="A failure of DNS says nothing about the sender, so it is never a refusal for good.",
    sender_action=(
        "Nothing to do: the message is tried again by itself. If it repeats, look at the "
        "domain's DNS servers."
    ),
    operator_action="If many domains are concerned, look at the resolver that dns.nameservers names.",
    references=("RFC 7208 §8.6", "RFC 7372 §3.2"),
    cause="dns_temp",
    side="sender",
    fields=frozenset({"domain"}),
)
DKIM_FAIL: Final = Entry(
    id="dkim-fail",
    code=550,
    enhanced="5.7.20",
    text="No DKIM signature holds; the one of {domain}: {why}",
    stage="content",
    when="The message carries DKIM signatures, and none of them verifies.",
    why=(
        "A broken signature is usually worth as much as none (RFC 6376 §6.1); this gateway's "
        "policy is stricter."
    ),
    sender_action=(
        "Check that nothing changes the message after it is signed, and that the key in DNS fits "
        "the signer's."
    ),
    operator_action=(
        "`gatepost trace` shows each signature and why it failed. The usual choice is to mark such mail only."
    ),
    references=("RFC 6376 §6.1", "RFC 7372 §3.1"),
    cause="auth_fail",
    side="sender",
    fields=frozenset({"domain", "why"}),
)
DMARC_REJECT: Final = Entry(
    id="dmarc-reject",
    code=550,
    enhanced="5.7.26",
    text="{domain} asks to refuse mail that it does not stand behind ({policy}): {why}",
    stage="content",
    when=(
        "The author's domain publishes a DMARC policy, and neither SPF nor DKIM shows that the "
        "message is genuine."
    ),
    why="The owner of the domain asks receivers to act so, because its name is forged.",
    sender_action=(
        "If you send from your own domain: sign with DKIM as that domain, or send through a server in its "
        "SPF record "
        "with a reverse-path in it. Mailing lists: write the list's address into From, or leave messages "
        "unchanged."
    ),
    operator_action=(
        "`gatepost trace` shows the record and what was and was not aligned. Mail of honest lists and "
        "forwarders: "
        "name their domains in checks.identity.trusted_forwarders."
    ),
    references=("RFC 9989 §5.4", "RFC 7372 §3.3"),
    cause="auth_fail",
    side="sender",
    fields=frozenset({"domain", "policy", "why"}),
)
DMARC_LATER: Final = Entry(
    id="dmarc-later",
    code=451,
    enhanced="4.7.26",
    text="Whether {domain} stands behind the message cannot be found out now; try again later",
    stage="content",
    when="DNS did not answer for what the DMARC result of the message depends on.",
    why="A failure of DNS says nothing about the message, so it is never a refusal for good.",
    sender_action=(
        "Nothing to do: the message is tried again by itself. If it repeats, look at the "
        "domain's DNS servers."
    ),
    operator_action="If many domains are concerned, look at the resolver that dns.nameservers names.",
    references=("RFC 9989 §5.3", "RFC 7372 §3.3"),
    cause="dns_temp",
    side="sender",
    fields=frozenset({"domain"}),
)
AUTHOR_FORGED: Final = Entry(
    id="author-forged",
    code=550,
    enhanced="5.7.1",
    text="The author of the message is not credible: {why}",
    stage="content",
    when="The From field shows an author who nothing proves, or who is made to look like somebody else.",
    why="Fraud works by names that readers trust. The text says what is wrong with this one.",
    sender_action="Write your real address into From, and send from a domain that signs with DKIM.",
    operator_action=(
        "`gatepost trace` shows the field and the cue. Services that send in your name: let them sign with "
        "DKIM, or "
        "add them to your SPF record."
    ),
    references=("RFC 5322 §3.6.2", "RFC 5321 §7.1"),
    cause="sender_rejected",
    side="sender",
    fields=frozenset({"why"}),
)
SENDER_BLOCKED: Final = Entry(
    id="sender-blocked",
    code=550,
    enhanced="5.7.1",
    text="Mail from {matched} is not taken here",
    stage="rcpt, content",
    when="The client, the reverse-path or the author is on the list checks.lists.blocked.",
    why="The administrator of this gateway has decided so.",
    sender_action="Ask the postmaster of the domain you write to, by another way, and quote this line.",
    operator_action=(
        "`gatepost trace` shows the entry that matched and its note; the list is checks.lists.blocked."
    ),
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="sender_rejected",
    side="sender",
    fields=frozenset({"matched"}),
)
CLIENT_LISTED: Final = Entry(
    id="client-listed",
    code=550,
    enhanced="5.7.1",
    text="{address} is listed by {list}",
    stage="rcpt, content",
    when="A DNS blocklist that this gateway asks names the client, or a host that the message came through.",
    why="The list has seen that host send spam, or knows that it should send no mail by itself.",
    sender_action=(
        "Look the address up at the list named here: its page says why it is listed and how to get off. "
        "Until then send "
        "through another mail server, or write to postmaster at the recipient's domain, which is always "
        "taken."
    ),
    operator_action=(
        "`gatepost trace` shows the list's answer, its own words and the time. For an honest client that "
        "is listed by "
        "mistake: checks.lists.allowed. For a list that lists too much: a lower weight in checks.dnsbl."
    ),
    references=("RFC 5782 §2.1", "RFC 6471 §3"),
    cause="ip_blocklist",
    side="sender",
    fields=frozenset({"address", "list"}),
)
CLIENT_NAMELESS: Final = Entry(
    id="client-nameless",
    code=550,
    enhanced="5.7.25",
    text="{address} has no reverse name that leads back to it",
    stage="rcpt",
    when="The client's address has no PTR record, or the name there does not lead back to the address.",
    why="Servers that are meant to send mail have one; computers that were broken into mostly do not.",
    sender_action=(
        "Have whoever runs the network set a PTR record for the address, and an address record for that name."
    ),
    operator_action="`gatepost trace` shows what DNS said. The usual choice is to mark such mail only.",
    references=("RFC 7372 §3.3", "RFC 1912 §2.1"),
    cause="no_ptr",
    side="sender",
    fields=frozenset({"address"}),
)
CLIENT_NAME_LATER: Final = Entry(
    id="client-name-later",
    code=450,
    enhanced="4.7.25",
    text="The reverse name of {address} cannot be looked up now; try again later",
    stage="rcpt",
    when="DNS did not answer for the client's reverse name.",
    why="A failure of DNS says nothing about the client, so it is never a refusal for good.",
    sender_action=(
        "Nothing to do: the message is tried again by itself. If it repeats, look at the "
        "network's reverse DNS."
    ),
    operator_action="If many clients are concerned, look at the resolver that dns.nameservers names.",
    references=("RFC 7372 §3.3", "RFC 5321 §4.2.2"),
    cause="dns_temp",
    side="sender",
    fields=frozenset({"address"}),
)
HELO_REFUSED: Final = Entry(
    id="helo-refused",
    code=550,
    enhanced="5.7.1",
    text="A host may not call itself {helo} here",
    stage="rcpt",
    when="The name in EHLO or HELO is not the client's: our own name, another address, or no name at all.",
    why="A client that says our own name, or none, is a program that hides who it is.",
    sender_action=(
        "Set the name that the mail server says to its own full host name, one that DNS leads to its address."
    ),
    operator_action=(
        "`gatepost trace` shows the name and what is wrong with it. Own servers: policy.relay_networks."
    ),
    references=("RFC 5321 §4.1.1.1", "RFC 5321 §2.3.5"),
    cause="rfc_noncompliant",
    side="sender",
    fields=frozenset({"helo"}),
)
PLACE_BLOCKED: Final = Entry(
    id="place-blocked",
    code=550,
    enhanced="5.7.1",
    text="Mail from {address} ({country}) is not taken here",
    stage="rcpt",
    when="The client's country or network is one that checks.country blocks.",
    why="The administrator of this gateway has decided so.",
    sender_action=(
        "Write to postmaster at the recipient's domain, which is always taken, and quote this line."
    ),
    operator_action=(
        "`gatepost trace` shows the place and network. Exceptions: checks.lists.allowed, "
        "checks.country.allowed."
    ),
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="geo_block",
    side="sender",
    fields=frozenset({"address", "country"}),
)
GREYLISTED: Final = Entry(
    id="greylisted",
    code=451,
    enhanced="4.7.1",
    text="Greylisted: please try again in {seconds} seconds",
    stage="rcpt",
    when=(
        "The gateway does not know the client yet, and something about it is suspicious (or all "
        "strangers are asked)."
    ),
    why=(
        "Mail servers come again; most programs that send spam do not. Who came again once is "
        "known from then on."
    ),
    sender_action="Nothing to do: the message is tried again by itself, by any server of the same sender.",
    operator_action=(
        "In a hurry: `gatepost greylist release WHAT` lets it pass at the next try. Who it is asked of: "
        "checks.greylist.mode."
    ),
    references=("RFC 6647 §5", "RFC 5321 §4.2.2"),
    cause="greylist",
    side="nobody",
    fields=frozenset({"seconds"}),
)
REPUTATION_POOR: Final = Entry(
    id="reputation-poor",
    code=451,
    enhanced="4.7.1",
    text="Too much of what {identity} sent here was refused; try again later",
    stage="rcpt, content",
    when=(
        "Of the messages that this sender sent here before, many were refused, and the settings "
        "say to put it off."
    ),
    why="What was refused counts less from day to day, so a sender that mends its ways is soon taken again.",
    sender_action=(
        "Stop what was refused (the replies to earlier messages say why); the message is tried "
        "again by itself."
    ),
    operator_action="`gatepost reputation show WHAT` tells the days and the reasons, `forget` begins anew.",
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="reputation",
    side="sender",
    fields=frozenset({"identity"}),
)
REPUTATION_BAD: Final = Entry(
    id="reputation-bad",
    code=550,
    enhanced="5.7.1",
    text="Nearly all that {identity} sent here was refused",
    stage="rcpt, content",
    when=(
        "Of the messages that this sender sent here before, nearly all were refused, and the "
        "settings say to refuse it."
    ),
    why=(
        "A sender that only sends what is refused costs everyone time. It fades by itself when "
        "nothing more comes."
    ),
    sender_action=(
        "Stop what was refused (the replies to earlier messages say why), then ask the "
        "recipient's postmaster."
    ),
    operator_action="`gatepost reputation show WHAT` tells the days and the reasons, `forget` begins anew.",
    references=("RFC 5321 §7.8", "RFC 3463 §3.8"),
    cause="reputation",
    side="sender",
    fields=frozenset({"identity"}),
)
