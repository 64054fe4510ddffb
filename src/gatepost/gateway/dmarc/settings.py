"""The `[dmarc]` part of the settings: which reports are sent, and which addresses get those about our domains."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gatepost.mail.path import Mailbox, parse_mailbox


class DmarcSettings(BaseModel):
    """Aggregate reports (RFC 9990): ours to the owners of other domains, and theirs about our domains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reports_from: str = Field(
        default="",
        description="The address that reports come from and that answers questions about them, such as "
        '"dmarc-reports@example.org", at one of the named domains (best one with a DKIM key: a report must '
        "pass DMARC itself). With it, the owners of other domains who ask for it are sent once a day what came in "
        'their name the day before. "" sends none: nobody should mail the world without meaning to.',
    )
    organization: str = Field(
        default="",
        max_length=200,
        description="The name of the organization in the reports. Default: the domain of `reports_from`.",
    )
    reports_to: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="The addresses at the named domains that our own DMARC records name for reports (`rua`, `ruf`), "
        'such as ["dmarc@example.org"]. Mail to them is delivered as ever; the reports in it are also read and kept '
        "for `gatepost dmarc received`.",
    )
    keep_days: int = Field(
        default=180, ge=1, le=3650, description="Days that what others reported of our domains is kept."
    )

    @field_validator("reports_from")
    @classmethod
    def _an_address(cls, address: str) -> str:
        return _ascii_address(address) if address else ""

    @field_validator("reports_to")
    @classmethod
    def _addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_ascii_address(address) for address in addresses)

    @property
    def domain(self) -> str:
        """The domain that reports come from; "" when none are sent."""
        return self.reports_from.rpartition("@")[2]


def _ascii_address(text: str) -> str:
    mailbox = parse_mailbox(text)
    if not isinstance(mailbox, Mailbox) or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f'{text!r} is not an address; write one like "dmarc@example.org"')
    return text.lower()
