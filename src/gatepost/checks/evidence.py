"""What findings rest on: typed, one struct per kind, so that a person can check it and the journal can keep it.

Each kind says itself in words, and which of its facts may be told to the other side; nothing else of it goes there.
It is long because it has nearly all kinds, so that the journal can read each by its tag.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gatepost.checks.said import Said
from gatepost.checks.text_evidence import DataEvidence, HeaderEvidence, TextEvidence

_SAID: Final = 8
"""Rules of another filter that are said in one phrase; all are kept."""


class SizeEvidence(Said, frozen=True, tag="size", gc=False):
    """How large it is or claims to be, and the limit, in octets; `declared` when SIZE= said so."""

    octets: int
    limit: int
    declared: bool = False

    def words(self) -> str:
        """Say both sizes."""
        said = "declared" if self.declared else "received"
        return f"{self.octets:,} octets {said}, the limit is {self.limit:,} octets"

    def facts(self) -> dict[str, str]:
        """Give both sizes."""
        return {"size": str(self.octets), "limit": str(self.limit)}


class SignatureEvidence(Said, frozen=True, tag="signature", gc=False):
    """A signature that matched, the engine that matched it, and where in the message it lies."""

    signature: str
    engine: str
    where: str

    def words(self) -> str:
        """Say what was found, where, and by whom."""
        return f"{self.signature} in {self.where}, found by {self.engine}"

    def facts(self) -> dict[str, str]:
        """Name the signature; engine and place are not public."""
        return {"signature": self.signature}


class OutageEvidence(Said, frozen=True, tag="outage", gc=False):
    """An engine that could not be asked or made no sense, and how that showed: our affair, never public."""

    engine: str
    reason: str

    def words(self) -> str:
        """Say who could not be asked."""
        return f"{self.engine} could not be asked: {self.reason}"


class NoteEvidence(Said, frozen=True, tag="note", gc=False):
    """A plain remark, such as why a check was skipped."""

    note: str

    def words(self) -> str:
        """Give the remark."""
        return self.note


class WeighedEvidence(Said, frozen=True, tag="weighed", gc=False, omit_defaults=True):
    """What another spam filter says: its score, the score from which it is spam, what it would do, and for what.

    `symbols` are the names of its rules that matched, with what each added, heaviest first.
    """

    engine: str
    score: float
    limit: float
    action: str
    symbols: tuple[tuple[str, float], ...] = ()

    def words(self) -> str:
        """Say the score and the rules that weighed most."""
        most = ", ".join([f"{name} {score:+g}" for name, score in self.symbols[:_SAID]])
        more = f" and {len(self.symbols) - _SAID} more" if len(self.symbols) > _SAID else ""
        return (
            f"{self.engine} says {self.action}, {self.score:g} of {self.limit:g}{most and ': '}{most}{more}"
        )


class SpfEvidence(Said, frozen=True, tag="spf", gc=False, omit_defaults=True):
    """What SPF says of a client and an identity ("mailfrom" or "helo"), and the record and term that led to it.

    `reason` is in words; `explanation` is what the domain itself wants said (`exp=`).
    """

    result: str
    identity: str
    client: str
    domain: str
    reason: str
    mechanism: str = ""
    record: str = ""
    explanation: str = ""

    def words(self) -> str:
        """Say the result and what led to it."""
        term = f" by {self.mechanism!r} in {self.record!r}" if self.mechanism else ""
        return f"SPF {self.result} for {self.identity} {self.domain}{term}: {self.reason}"

    def facts(self) -> dict[str, str]:
        """Give what its owner published anyway."""
        return {"client": self.client, "domain": self.domain, "why": self.explanation or self.reason}

    def vouches_for(self) -> str:
        """Give the domain that lets the client send for it; "neutral" says nothing (RFC 7208 §8.2)."""
        return self.domain if self.result == "pass" else ""


class DkimEvidence(Said, frozen=True, tag="dkim", gc=False, omit_defaults=True):
    """One DKIM signature and what became of it; `key_seen` is when DNS told of its key (seconds since 1970)."""

    result: str
    domain: str
    selector: str
    reason: str = ""
    identity: str = ""
    algorithm: str = ""
    key_bits: int = 0
    key_seen: float = 0.0
    header_b: str = ""
    unsigned_octets: int = 0
    testing: bool = False
    remarks: tuple[str, ...] = ()

    def words(self) -> str:
        """Say whose signature it is and whether it holds."""
        key = f" ({self.algorithm}, {self.key_bits} bit)" if self.key_bits else ""
        why = f": {self.reason}" if self.reason else ""
        remarks = "".join([f"; {remark}" for remark in self.remarks])
        return f"DKIM {self.result} for {self.domain or 'nobody'} by key {self.selector or '?'}{key}{why}{remarks}"

    def facts(self) -> dict[str, str]:
        """Give whose signature did not hold, and why."""
        return {"domain": self.domain, "why": self.reason}

    def vouches_for(self) -> str:
        """Give the signer of all that is there.

        What is only tried out counts as not signed (t=y, RFC 6376 §3.6.1), and behind a part of the body anyone may
        have added the rest (l=, §8.2).
        """
        whole = self.result == "pass" and not self.testing and not self.unsigned_octets
        return self.domain if whole else ""


class ArcEvidence(Said, frozen=True, tag="arc", gc=False, omit_defaults=True):
    """An ARC chain: who sealed, the newest first; `trusted` is the sealer that is believed, "" for none.

    `weak` says what of a chain that holds proves nothing, so that nobody is believed for it. `newest` is the highest
    instance that it claims; `ended` when its sealer found the chain broken.
    """

    status: str
    domains: tuple[str, ...] = ()
    reason: str = ""
    trusted: str = ""
    weak: str = ""
    newest: int = 0
    ended: bool = False

    def words(self) -> str:
        """Say whether the chain holds and who made it."""
        sealers = f" of {', '.join(self.domains)}" if self.domains else ""
        trusted = f"; {self.trusted} is trusted" if self.trusted else ""
        weak = f"; nobody is believed for it: {self.weak}" if self.weak else ""
        return f"ARC {self.status}{sealers}{f': {self.reason}' if self.reason else ''}{trusted}{weak}"


class DmarcEvidence(Said, frozen=True, tag="dmarc", gc=False, omit_defaults=True):
    """What DMARC says of the author domain: the result, the owner's record and policy, and what was aligned.

    `author` is the domain, `address` the whole address, "" where several are shown. `record_at` is the domain where
    the record was found, `seen` when DNS told of it (seconds since 1970).
    """

    result: str
    author: str
    reason: str
    policy: str = ""
    record_at: str = ""
    record: str = ""
    seen: float = 0.0
    testing: bool = False
    aligned: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    address: str = ""

    def words(self) -> str:
        """Say the result, and the record with its place and the time it was seen."""
        seen = f" at {datetime.fromtimestamp(self.seen, UTC):%H:%M:%S}" if self.seen else ""
        record = f" [{self.record} at _dmarc.{self.record_at}{seen}]" if self.record else ""
        policy = f", policy {self.policy}" if self.policy else ""
        return f"DMARC {self.result} for {self.author or 'no author domain'}{policy}: {self.reason}{record}"

    def facts(self) -> dict[str, str]:
        """Give the domain that asks for it, and what it rests on."""
        return {"domain": self.author, "policy": self.policy, "why": self.reason}

    def vouches_for(self) -> str:
        """Give the domain of the author, where it stands behind the message."""
        return self.author if self.result == "pass" else ""


class AuthorEvidence(Said, frozen=True, tag="author", gc=False, omit_defaults=True):
    """What the author field shows, and what is wrong about it, in words."""

    shown: str
    reason: str
    domain: str = ""

    def words(self) -> str:
        """Say what is shown and what is wrong about it."""
        return f"From {self.shown!r}: {self.reason}"

    def facts(self) -> dict[str, str]:
        """Give the domain and the reason."""
        return {"domain": self.domain, "why": self.reason}


class EntryEvidence(Said, frozen=True, tag="list-entry", gc=False, omit_defaults=True):
    """The entry of a list of ours that matched, what matched it, and who wrote the entry down for which reason."""

    entry: str
    matched: str
    note: str = ""

    def words(self) -> str:
        """Say what matched which entry."""
        return f"{self.matched} matches the entry {self.entry!r}{f' ({self.note})' if self.note else ''}"

    def facts(self) -> dict[str, str]:
        """Give what matched; the entry itself is ours alone."""
        return {"matched": self.matched}


class ListingEvidence(Said, frozen=True, tag="listing", gc=False):
    """A list in DNS that names an address: its answers, what they mean, what that weighs, the list's own words.

    `seconds` is how long the answer took, `at` when it was got (since 1970).
    """

    list: str
    address: str
    codes: tuple[str, ...]
    meaning: str
    weight: float
    text: str = ""
    seconds: float = 0.0
    at: float = 0.0

    def words(self) -> str:
        """Say which list names whom, with which answer, and what the list says about it."""
        meaning = f": {self.meaning}" if self.meaning else ""
        text = f'; it says "{self.text}"' if self.text else ""
        codes = ", ".join(self.codes)
        return f"{self.address} is on {self.list} ({codes}{meaning}), weight {self.weight:g}{text}"

    def facts(self) -> dict[str, str]:
        """Name the list and the address: with them anybody can ask the list."""
        return {"list": self.list, "address": self.address}


class ReverseNameEvidence(Said, frozen=True, tag="reverse-name", gc=False):
    """The names that an address has, the one of them that has the address (or ""), and why nobody knows."""

    address: str
    names: tuple[str, ...] = ()
    confirmed: str = ""
    dynamic: str = ""
    reason: str = ""

    def words(self) -> str:
        """Say what the name is, and what it shows."""
        if self.reason:
            return f"the name of {self.address} could not be found out: {self.reason}"
        if not self.names:
            return f"{self.address} has no name"
        name = self.confirmed or self.names[0]
        shown = f"{self.address} is {name}" if self.confirmed else f"{name} is not {self.address}"
        return f"{shown}, and {name} {self.dynamic}" if self.dynamic else shown

    def facts(self) -> dict[str, str]:
        """Give address and name."""
        return {"address": self.address, "name": self.confirmed or (self.names[0] if self.names else "")}

    def vouches_for(self) -> str:
        """Give the name that is proven to be the client's."""
        return self.confirmed


class HeloEvidence(Said, frozen=True, tag="helo", gc=False):
    """What a client called itself, what is the matter with it, and the addresses that the name has."""

    helo: str
    matter: str
    addresses: tuple[str, ...] = ()

    def words(self) -> str:
        """Say the name and the matter."""
        addresses = f" ({', '.join(self.addresses)})" if self.addresses else ""
        return f"{self.helo} {self.matter}{addresses}"

    def facts(self) -> dict[str, str]:
        """Give the name."""
        return {"helo": self.helo}


class PlaceEvidence(Said, frozen=True, tag="place", gc=False):
    """Where an address is, by a local database: country (ISO 3166-1), AS number ("AS64496"), and whose that is."""

    address: str
    country: str = ""
    network: str = ""
    holder: str = ""

    def words(self) -> str:
        """Say the place."""
        network = f"{self.network} {self.holder}".strip()
        return f"{self.address} is in {' and '.join(filter(None, (self.country, network)))}"

    def facts(self) -> dict[str, str]:
        """Give all of it."""
        return {"address": self.address, "country": self.country, "network": self.network}


class GreylistEvidence(Said, frozen=True, tag="greylist", gc=False):
    """Who is greylisted under which name, how often it came so far, and in how many seconds it may pass."""

    identity: str
    tries: int
    seconds: int

    def words(self) -> str:
        """Say who has to wait, and how long."""
        return f"{self.identity}, try {self.tries}, may pass in {self.seconds} s"

    def facts(self) -> dict[str, str]:
        """Give the seconds to wait."""
        return {"seconds": str(self.seconds)}


class ReputationEvidence(Said, frozen=True, tag="reputation", gc=False):
    """What an address, network or domain did here: how many messages in `days` days, how many were refused, why.

    `score` is from 0 (bad) to 100, older messages counting less. `causes` are findings with the messages refused
    for them, the most frequent first. `by` is how it is known that it was they: "client", "net" (its network),
    "spf", "dkim" (it signed), "dmarc" (it is the author's domain, and signed).
    """

    identity: str
    score: int
    messages: int
    refused: int
    days: int
    causes: tuple[tuple[str, int], ...] = ()
    by: str = ""

    def words(self) -> str:
        """Say the score and what it was made from."""
        by = f" ({self.by.upper()})" if self.by in ("spf", "dkim", "dmarc") else ""
        days = "1 day" if self.days == 1 else f"{self.days} days"
        causes = ", ".join([f"{number} {cause}" for cause, number in self.causes])
        return (
            f"{self.identity}{by} has {self.score} of 100: {self.refused} of {self.messages} messages in {days} "
            f"were refused{': ' if causes else ''}{causes}"
        )

    def facts(self) -> dict[str, str]:
        """Name whose reputation it is; what it was made from is not public."""
        return {"identity": self.identity}


class CorrespondentEvidence(Said, frozen=True, tag="correspondent", gc=False):
    """How many messages two people sent each other, as far as that is remembered.

    `sender` is which address of the message is meant, "author" or "reverse-path", and `domain` that address's domain;
    nobody is named.
    """

    sent: int
    received: int
    recipients: int = 1
    known_to: int = 1
    sender: str = ""
    domain: str = ""

    def words(self) -> str:
        """Say how many went either way, by which address, and for how many of the recipients that is so."""
        who = f" of the {self.sender} at {self.domain}" if self.sender else ""
        whom = f", true for {self.known_to} of {self.recipients} recipients" if self.recipients > 1 else ""
        return f"our user wrote {self.sent}, got {self.received}{who}{whom}"


class FileEvidence(Said, frozen=True, tag="file", gc=False, omit_defaults=True):
    """A file of the message, the way to it ("invoice.zip › a/b.docm"), and what was seen in it.

    `format` is what it is by its content, `size` is in octets, `sha256` in hexadecimal; `part` is the number of the
    part of the message that it came in.
    """

    where: str
    format: str
    reason: str
    part: str = ""
    size: int = 0
    sha256: str = ""

    def words(self) -> str:
        """Say the way to it, and what was seen."""
        size = f", {self.size:,} octets" if self.size else ""
        return f"{self.where} ({self.format}{size}): {self.reason}"

    def facts(self) -> dict[str, str]:
        """Give both: who sent the file knows it."""
        return {"file": self.where.replace("›", ">"), "why": self.reason}


class NewDomainEvidence(Said, frozen=True, tag="new-domain", gc=False):
    """When mail from or to a domain was first taken, 0 for never, and how much of other mail is remembered.

    The memory began at `since` and has seen `messages`; times are in seconds since 1970.
    """

    domain: str
    first: float
    since: float
    messages: int

    def words(self) -> str:
        """Say when it was seen first, and who says so."""
        began = f"{datetime.fromtimestamp(self.since, UTC):%Y-%m-%d}"
        memory = f"{self.messages:,} messages are remembered since {began}"
        if not self.first:
            return f"no mail from or to {self.domain} was taken before; {memory}"
        first = f"{datetime.fromtimestamp(self.first, UTC):%Y-%m-%d %H:%M}"
        return f"the first mail from or to {self.domain} was taken at {first} UTC; {memory}"


class LookAlikeEvidence(Said, frozen=True, tag="look-alike", gc=False):
    """An author whose domain looks like `known`, where our users have correspondents, and why in words."""

    shown: str
    domain: str
    known: str
    reason: str

    def words(self) -> str:
        """Say who looks like whom."""
        return f"From {self.shown!r}: {self.reason}, where known correspondents of our users are"

    def facts(self) -> dict[str, str]:
        """Give the domain alone: with whom our users correspond is nothing for strangers to find out."""
        return {"domain": self.domain, "why": f"{self.domain} looks like another domain"}


class AmbiguityEvidence(Said, frozen=True, tag="ambiguity", gc=False):
    """What two readers could see differently: the name of the trick, the number of the part, who sees what."""

    trick: str
    part: str
    what: str

    def words(self) -> str:
        """Say what is ambiguous, and where."""
        return f"{self.trick} in {self._where()}: {self.what}"

    def facts(self) -> dict[str, str]:
        """Name the trick and the part; what stands there is the sender's and not repeated."""
        return {"why": f"{self.trick} in {self._where()}"}

    def _where(self) -> str:
        return f"part {self.part}" if self.part else "the message itself"


class SpamEvidence(Said, frozen=True, tag="spam", gc=False):
    """The probability that a message is spam, what weighed most, and from how many messages that was learned."""

    probability: float
    reasons: tuple[str, ...]
    spam: int
    ham: int

    def words(self) -> str:
        """Say how likely it is, and why."""
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"spam by {self.probability:.1%}, as learned from {self.spam} spam and {self.ham} other messages{why}"


class LinkEvidence(Said, frozen=True, tag="link", gc=False, omit_defaults=True):
    """A link of the message: as written (cut), the host it leads to, where it stands, and what is the matter with it.

    `private` is more of the matter that is nobody's business but ours.
    """

    link: str
    host: str
    where: str
    why: str
    private: str = ""

    def words(self) -> str:
        """Say the link, where it leads, where it stands, and what is the matter."""
        leads = "" if self.host in self.link else f", which leads to {self.host}"
        private = f"; {self.private}" if self.private else ""
        return f"{self.link}{leads} in {self.where}: {self.why}{private}"

    def facts(self) -> dict[str, str]:
        """Give host and matter; the whole link may name the recipient."""
        return {"host": self.host, "why": self.why}


Evidence = (
    SizeEvidence
    | SignatureEvidence
    | OutageEvidence
    | NoteEvidence
    | SpfEvidence
    | DkimEvidence
    | ArcEvidence
    | DmarcEvidence
    | AuthorEvidence
    | EntryEvidence
    | ListingEvidence
    | ReverseNameEvidence
    | HeloEvidence
    | PlaceEvidence
    | GreylistEvidence
    | ReputationEvidence
    | CorrespondentEvidence
    | FileEvidence
    | NewDomainEvidence
    | LookAlikeEvidence
    | AmbiguityEvidence
    | SpamEvidence
    | WeighedEvidence
    | LinkEvidence
    | TextEvidence
    | DataEvidence
    | HeaderEvidence
)
