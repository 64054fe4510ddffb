"""The settings of the checks of a connection: blocklists, reverse names, HELO, countries."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.connection.list_codes import parse_codes
from gatepost.mail.path import is_domain

Version = Literal[0, 4, 6]
"""What a list is asked about: addresses of an IP version, or 0 for domains."""


class CodeSettings(BaseModel):
    """One `[[checks.dnsbl.list.code]]`: what some of a list's answers mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: str = Field(
        description='The answers: "127.0.0.2", "127.0.0.4-7", "127.0.1.0/24", or "&8" for those with that bit '
        "in the last octet."
    )
    weight: float = Field(
        ge=-100, le=100, description="What such an answer weighs; below 0 speaks for the client."
    )
    meaning: str = Field(
        default="", max_length=200, description='What it means, in words: "sends spam", "dial-up range".'
    )

    @field_validator("codes")
    @classmethod
    def _codes(cls, codes: str) -> str:
        parse_codes(codes)
        return codes


class ListSettings(BaseModel):
    """One `[[checks.dnsbl.list]]`: a DNS blocklist, or with a weight below 0 an allowlist."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = Field(description='Its zone, such as "bl.example.org", with the key if it wants one.')
    name: str = Field(
        default="",
        max_length=100,
        description="What it is called in replies and records; the zone without one. Give a name when the zone "
        "holds a key of yours: replies are read by anybody.",
    )
    weight: float = Field(
        default=1.0,
        ge=-100,
        le=100,
        description="What a listing weighs when no code says otherwise; below 0 for an allowlist.",
    )
    code: tuple[CodeSettings, ...] = Field(
        default=(),
        description="What its answers mean; of several that fit, all are told and the strongest weight counts. With "
        "any, other answers are no listing.",
    )
    client: bool = Field(default=True, description="Ask it about the connecting client.")
    header: bool = Field(
        default=False,
        description="Ask it about addresses in Received fields too. Only for lists of hosts that nobody should "
        "get mail from by any way; never for lists of dial-up ranges, where honest mail begins.",
    )
    ipv6: bool = Field(default=False, description="Whether it knows IPv6 addresses; then ask it about them.")
    test_points: bool = Field(
        default=True,
        description="Whether it lists 127.0.0.2 to prove that it works (RFC 5782 §5). Public lists do; one of "
        "your own may not.",
    )

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        zone = zone.lower().removesuffix(".")
        if not is_domain(zone) or len(zone) > 180:
            raise ValueError(f'{zone!r} is not the zone of a list; write one like "bl.example.org"')
        return zone

    @model_validator(mode="after")
    def _header_blocks(self) -> ListSettings:
        if self.header and (self.weight < 0 or any(code.weight < 0 for code in self.code)):
            # Anybody can write a Received field that names a good host.
            raise ValueError(f"{self.label} speaks for clients, so it cannot be asked about header addresses")
        return self

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.zone

    @property
    def versions(self) -> tuple[Version, ...]:
        """The IP versions of the addresses that it is asked about."""
        return (4, 6) if self.ipv6 else (4,)

    @property
    def test_names(self) -> tuple[str, str]:
        """The domains that it must name and may not name: it is asked about none."""
        return ("", "")


class DnsblSettings(BaseModel):
    """`[checks.dnsbl]`: blocklists and allowlists in DNS, and what their weights add up to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    list: tuple[ListSettings, ...] = Field(default=(), description="The lists, asked all at once.")
    listed: float = Field(
        default=1.0, gt=0, le=1000, description='Weights that add up to this make a finding "dnsbl-listed".'
    )
    suspect: float = Field(
        default=0.5,
        gt=0,
        le=1000,
        description='Weights that add up to this, but to less than `listed`, make a finding "dnsbl-suspect".',
    )
    timeout: float = Field(
        default=4.0,
        gt=0,
        le=60,
        description="Seconds for all lists together; those that are late are left out.",
    )
    header_addresses: int = Field(
        default=5, ge=1, le=50, description="Addresses of Received fields that are asked about, from the top."
    )
    health_interval: float = Field(
        default=600.0,
        ge=30,
        le=86_400,
        description="Seconds between looks at the test points of a list that is well. A listing counts only when "
        "the list was proven well within this time.",
    )
    recovery_interval: float = Field(
        default=60.0, ge=5, le=86_400, description="Seconds between looks at a list that is ill."
    )

    @model_validator(mode="after")
    def _sound(self) -> DnsblSettings:
        if self.suspect > self.listed:
            raise ValueError("suspect is more than listed, so it would never be reached first")
        labels = [each.label for each in self.list]
        if twice := {label for label in labels if labels.count(label) > 1}:
            raise ValueError(f"two lists are called {', '.join(sorted(twice))}")
        return self


class ReverseNameSettings(BaseModel):
    """`[checks.reverse_name]`: whether a client has a name, and whether the name has the client."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="Whether to look.")


class HeloSettings(BaseModel):
    """`[checks.helo]`: what a client calls itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="Whether to look.")


class CountrySettings(BaseModel):
    """`[checks.country]`: where a client's network is, by local database files (MMDB)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: tuple[Path, ...] = Field(
        default=(),
        max_length=4,
        description="MMDB files with countries or AS numbers, such as GeoLite2-Country.mmdb and GeoLite2-ASN.mmdb. "
        "A file that is replaced is opened anew; replace it by renaming, as the tools for it do, for a file that is "
        "cut short while it is mapped ends the worker.",
    )
    blocked: tuple[str, ...] = Field(
        default=(),
        description='Countries ("RU") and networks ("AS64496") whose clients make a finding "country-blocked".',
    )
    allowed: tuple[str, ...] = Field(
        default=(),
        description="Countries and networks that are not blocked; with any, and none blocked, all others are.",
    )

    @field_validator("blocked", "allowed")
    @classmethod
    def _places(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        for place in places:
            upper = place.upper()
            number = upper.removeprefix("AS")
            is_country = len(upper) == 2 and upper.isascii() and upper.isalpha()
            is_network = upper.startswith("AS") and number.isascii() and number.isdigit()
            if not (is_country or is_network):
                raise ValueError(f'{place!r} is neither a country like "DE" nor a network like "AS64496"')
        return tuple(place.upper() for place in places)
