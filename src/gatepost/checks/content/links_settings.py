"""The settings of the check of links: which lists are asked about them, and whose hosts are known for what."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.connection.settings import CodeSettings, Version
from gatepost.mail.idn import to_ascii
from gatepost.mail.path import is_domain


class LinkListSettings(BaseModel):
    """One `[[checks.links.list]]`: a list in DNS of domains that bad mail links to (SURBL, URIBL, DBL ...)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = Field(description='Its zone, such as "dbl.example.org", with the key if it wants one.')
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
        description="What a listing weighs when no code says otherwise; below 0 for a list of good domains.",
    )
    code: tuple[CodeSettings, ...] = Field(
        default=(),
        description="What its answers mean; of several that fit, all are told and the strongest weight counts. With "
        "any, other answers are no listing.",
    )
    domains: bool = Field(
        default=True,
        description="Ask it about the registered domain of a host: example.org for a.b.example.org.",
    )
    hosts: bool = Field(
        default=False, description="Ask it about whole host names too, as lists of hosts want it."
    )
    addresses: bool = Field(
        default=False,
        description="Ask it about IPv4 addresses that stand in links as hosts. Some lists answer such questions as "
        "if all addresses were listed, so only where the list says that it knows them.",
    )
    test_points: bool = Field(
        default=True,
        description="Whether it lists `test_listed`, to prove that it works, and 127.0.0.2 where it knows addresses.",
    )
    test_listed: str = Field(
        default="test",
        description='The domain that it always lists: "test" by RFC 5782 §5, but some have one of their own, such '
        "as surbl-org-permanent-test-point.com, test.uribl.com or dbltest.com.",
    )
    test_unlisted: str = Field(
        default="invalid", description='The domain that it never lists: "invalid" by RFC 5782 §5.'
    )

    @field_validator("zone", "test_listed", "test_unlisted")
    @classmethod
    def _name(cls, name: str) -> str:
        name = name.lower().removesuffix(".")
        if not is_domain(name) or len(name) > 180:
            raise ValueError(f'{name!r} is no domain; write one like "dbl.example.org"')
        return name

    @model_validator(mode="after")
    def _asked(self) -> LinkListSettings:
        if not (self.domains or self.hosts or self.addresses):
            raise ValueError(f"{self.label} is asked about nothing: domains, hosts and addresses are all off")
        return self

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.zone

    @property
    def versions(self) -> tuple[Version, ...]:
        """What it is asked about: domains, IPv4 addresses."""
        of_names: tuple[Version, ...] = (0,) if self.domains or self.hosts else ()
        return (*of_names, 4) if self.addresses else of_names

    @property
    def test_names(self) -> tuple[str, str]:
        """The domains that it must name and may not name."""
        return (self.test_listed, self.test_unlisted)


class LinksSettings(BaseModel):
    """`[checks.links]`: the links of a message, in its text, its pages, its files and codes in pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="Whether to look.")
    list: tuple[LinkListSettings, ...] = Field(default=(), description="The lists, asked all at once.")
    listed: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description='Weights of one domain that add up to this make a finding "link-listed".',
    )
    timeout: float = Field(
        default=4.0,
        gt=0,
        le=60,
        description="Seconds for all questions together; lists that are late are left out.",
    )
    questions: int = Field(
        default=100,
        ge=1,
        le=2000,
        description="Questions that one message may cost, for all lists together: a message can name any number of "
        "domains. What a reader is led to is asked about first, pictures last.",
    )
    health_interval: float = Field(
        default=600.0,
        ge=30,
        le=86_400,
        description="Seconds between looks at the test points of a list that is well.",
    )
    recovery_interval: float = Field(
        default=60.0, ge=5, le=86_400, description="Seconds between looks at a list that is ill."
    )
    unasked: tuple[str, ...] = Field(
        default=(),
        description="Domains that no list is asked about, with all below them; yours never are.",
    )
    shorteners: tuple[str, ...] = Field(
        default=(), description='More hosts of shorteners, which make a finding "link-shortener".'
    )
    trackers: tuple[str, ...] = Field(
        default=(),
        description="More domains of services that count clicks for honest senders: a link of theirs may show the "
        "author's domain.",
    )

    @field_validator("unasked", "shorteners", "trackers")
    @classmethod
    def _domains(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        domains: list[str] = []
        for name in names:
            domain = to_ascii(name)
            if domain is None:
                raise ValueError(f'{name!r} is no domain; write one like "example.org"')
            domains.append(domain)
        return tuple(domains)

    @model_validator(mode="after")
    def _sound(self) -> LinksSettings:
        labels = [each.label for each in self.list]
        if twice := {label for label in labels if labels.count(label) > 1}:
            raise ValueError(f"two lists are called {', '.join(sorted(twice))}")
        return self
