"""The settings of the checks: one frozen model per check, with the doc on each field."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.connection.memory_settings import (
    CorrespondentsSettings,
    GreylistSettings,
    NewDomainsSettings,
    ReputationSettings,
)
from gatepost.checks.connection.settings import (
    CountrySettings,
    DnsblSettings,
    HeloSettings,
    ReverseNameSettings,
)
from gatepost.checks.content.engines.settings import (
    IcapSettings,
    RspamdSettings,
    SpamAssassinSettings,
    address_of_engine,
)
from gatepost.checks.content.files_settings import FilesSettings
from gatepost.checks.content.inspection_settings import InspectionSettings
from gatepost.checks.content.links_settings import LinksSettings
from gatepost.checks.content.text_settings import TextSettings
from gatepost.checks.content.yara_settings import YaraSettings
from gatepost.checks.identity.settings import IdentitySettings, ListsSettings


class VirusSettings(BaseModel):
    """The `[virus]` part of the settings: which scanner to ask, and how patiently."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = Field(
        description='Where clamd listens: "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310" (an IPv6 address '
        "in brackets)."
    )
    timeout: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds that the scan of one message may take, waiting for a connection included. A "
        "client waits 10 minutes for the reply to its message (RFC 5321 §4.5.3.2.6), so stay well below.",
    )
    connect_timeout: float = Field(
        default=5.0, gt=0, le=60, description="Seconds that opening a connection to the scanner may take."
    )
    max_connections: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Connections to the scanner at one time, per worker. Further messages wait for one, "
        "within the timeout. More than clamd's MaxThreads (Debian: 12) only moves the waiting into clamd.",
    )
    idle_timeout: float = Field(
        default=20.0,
        ge=0,
        le=3600,
        description="Seconds that a connection is kept for the next message. Stay below clamd's "
        "CommandReadTimeout (30), after which it closes.",
    )
    locate_limit: int = Field(
        default=8_388_608,
        ge=0,
        description="The largest message, in octets, whose parts are scanned again one by one after a virus "
        "was found, to say which part holds it. 0: never.",
    )

    @field_validator("address")
    @classmethod
    def _an_address(cls, address: str) -> str:
        return address_of_engine(address, "127.0.0.1:3310")


class SpamSettings(BaseModel):
    """The `[checks.spam]` part of the settings: the classifier that learns by `gatepost learn`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="Let the classifier judge each message.")
    probability: float = Field(
        default=0.9, gt=0, lt=1, description='From which probability on a message is found "spam-likely".'
    )
    score: float = Field(
        default=5.0,
        gt=0,
        le=100,
        description='What "spam-likely" adds to the score of a message that is spam for certain; a less certain one '
        "gets that share of it. A score in policy.findings does not matter for it.",
    )
    least: int = Field(
        default=50,
        ge=1,
        le=100_000,
        description="Messages of each kind, spam and other, that must have been learned before it judges any.",
    )


class ChecksSettings(BaseModel):
    """The `[checks]` part of the settings: one table for each check that needs something named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dnsbl: DnsblSettings = DnsblSettings()
    reverse_name: ReverseNameSettings = ReverseNameSettings()
    helo: HeloSettings = HeloSettings()
    country: CountrySettings = CountrySettings()
    greylist: GreylistSettings = GreylistSettings()
    reputation: ReputationSettings = ReputationSettings()
    correspondents: CorrespondentsSettings = CorrespondentsSettings()
    new_domains: NewDomainsSettings = NewDomainsSettings()
    identity: IdentitySettings = IdentitySettings()
    lists: ListsSettings = ListsSettings()
    inspection: InspectionSettings = InspectionSettings()
    files: FilesSettings = FilesSettings()
    spam: SpamSettings = SpamSettings()
    yara: YaraSettings = YaraSettings()
    rspamd: RspamdSettings | None = Field(default=None, description="The Rspamd to ask about each message.")
    spamassassin: SpamAssassinSettings | None = Field(
        default=None, description="The SpamAssassin (spamd) to ask about each message."
    )
    icap: IcapSettings | None = Field(default=None, description="The ICAP scanner to ask about each message.")
    links: LinksSettings = LinksSettings()
    text: TextSettings = TextSettings()
    virus: VirusSettings | None = Field(
        default=None, description="The virus scanner to ask; without it each message's record says so."
    )

    @model_validator(mode="after")
    def _called_apart(self) -> ChecksSettings:
        called = {each.label for each in self.dnsbl.list} & {each.label for each in self.links.list}
        if called:
            raise ValueError(f"a list of dnsbl and one of links are both called {', '.join(sorted(called))}")
        return self
