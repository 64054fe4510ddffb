"""What findings about whom a message speaks for rest on: SPF, DKIM, ARC, DMARC, the author, our lists."""

from __future__ import annotations

from datetime import UTC, datetime

from gatepost.checks.evidence.said import Said


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
