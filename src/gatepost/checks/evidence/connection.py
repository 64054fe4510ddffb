"""What findings about a client rest on: lists, names, places, and what is remembered."""

from __future__ import annotations

from gatepost.checks.evidence.said import Said


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
