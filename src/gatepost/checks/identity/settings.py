"""The settings of the identity checks."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.identity.lists import Entry, SenderList


class IdentitySettings(BaseModel):
    """The `[checks.identity]` part of the settings: whose word is asked for, and who is believed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spf: bool = Field(
        default=True,
        description="Ask whether the client may send for its name and its reverse-path (RFC 7208).",
    )
    dkim: bool = Field(
        default=True,
        description="Verify signatures and chains (RFC 6376, RFC 8617) and what the author's domain asks for "
        "(DMARC, RFC 9989); look for forged authors.",
    )
    trusted_forwarders: tuple[str, ...] = Field(
        default=(),
        description="Domains whose forwarded mail is believed: mailing lists by their DKIM signature, and sealers of "
        'ARC chains (such as "google.com") that say it was genuine when it reached them. Mail that then fails DMARC '
        "only because it was forwarded is taken.",
    )
    sealer: str = Field(
        default="",
        description="The domain, one of yours with `dkim` keys, that seals what strangers send before it goes on "
        "(ARC, RFC 8617), so that whoever gets it from the next hop sees what it was when it came here. The first of "
        "its keys seals; let that be an RSA key, which all can verify. Worth its price where the next hop forwards "
        'mail or asks for proofs itself. "": nobody seals.',
    )
    questions: int = Field(
        default=60,
        ge=10,
        le=1000,
        description="Questions to DNS that one message may cost; then it is not asked more.",
    )
    seconds: float = Field(
        default=20.0,
        gt=0,
        le=120,
        description="Seconds that DNS may take for one message before it goes on without.",
    )

    @field_validator("trusted_forwarders")
    @classmethod
    def _lower(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if "." not in name or "@" in name or "*" in name:
                raise ValueError(f'{name!r} is not a domain; write one like "lists.example.org"')
        return tuple(name.lower().removesuffix(".") for name in names)

    @model_validator(mode="after")
    def _looks_before_it_seals(self) -> IdentitySettings:
        if self.sealer and not self.dkim:
            raise ValueError("a sealer says what it found: `sealer` needs `dkim = true`")
        return self


class EntrySettings(BaseModel):
    """One entry of a list with its reason and its end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = Field(description='A network, a domain ("*.example.org": all below it), or an address.')
    note: str = Field(default="", max_length=200, description="Why, and by whom: it stands in the journal.")
    until: dt.date | None = Field(default=None, description="The first day on which it no longer counts.")


class ListsSettings(BaseModel):
    """The `[checks.lists]` part of the settings: who is let in, and who is kept out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allowed: tuple[str | EntrySettings, ...] = Field(
        default=(),
        description="Networks, domains and addresses that are let in whatever else is found (not viruses or size): "
        '"192.0.2.0/24", "example.org", "*.example.org", "a@example.org"; or, with a reason and an end, '
        '{match="example.org", note="ticket 17", until=2027-03-31}. A domain or address counts only where SPF, DKIM '
        "or DMARC says that it is genuine.",
    )
    blocked: tuple[str | EntrySettings, ...] = Field(
        default=(),
        description="The same for those that are kept out: for whoever claims the name, genuine or not.",
    )
    allow_unproven: bool = Field(
        default=False,
        description="Let in allowed domains and addresses even where nothing says that they are genuine. Anyone can "
        "write any address, so this lets forgeries in.",
    )

    @model_validator(mode="after")
    def _readable(self) -> ListsSettings:
        self.lists()
        return self

    def lists(self) -> tuple[SenderList, SenderList]:
        """Give who is let in, and who is kept out."""
        return SenderList(map(_entry, self.allowed)), SenderList(map(_entry, self.blocked))


def _entry(given: str | EntrySettings) -> Entry:
    return Entry(given) if isinstance(given, str) else Entry(given.match, given.note, given.until)
