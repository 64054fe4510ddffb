"""The domains that mail is taken for, and who may send where: what keeps this from being an open relay.

Asked once per RCPT. Knows the settings' form, not how a next hop is reached: that is delivery's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gatepost.mail.idn import to_ascii
from gatepost.mail.path import MAX_DOMAIN, Mailbox

ANY: Final = "*"
_ROUTING: Final = frozenset("%!@")
_NOT_IN_A_DOMAIN: Final = frozenset(' \t\r\n<>()@,;\\"')


class DkimKeySettings(BaseModel):
    """One key of `dkim` of a domain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    selector: str = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$",
        description="The name of the key in DNS: SELECTOR._domainkey.DOMAIN.",
    )
    key: Path = Field(description="PEM file with the private key; `gatepost dkim new` makes one.")


class DomainSettings(BaseModel):
    """One `[[domain]]` of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        description="The domain, as in the part of an address after the @. "
        "An internationalized name may be written either way (bücher.example or xn--bcher-kva.example). "
        '"*" takes any domain, from the relay networks only.'
    )
    next_hop: tuple[str, ...] = Field(
        default=(),
        description='Where its mail goes, tried in order: "10.0.0.5:25", "lmtp:127.0.0.1:24", '
        '"lmtp:unix:/run/dovecot/lmtp". With none, its mail is held until one is named.',
    )
    dkim: tuple[DkimKeySettings, ...] = Field(
        default=(),
        max_length=4,
        description="Keys that sign what the relay networks send as authors of this domain or one below it: "
        '[{ selector = "s1", key = "/etc/gatepost/example.org.s1.pem" }]. With several, each signs.',
    )

    @field_validator("name")
    @classmethod
    def _a_domain(cls, name: str) -> str:
        if not name or len(name.encode()) > MAX_DOMAIN or not _NOT_IN_A_DOMAIN.isdisjoint(name):
            raise ValueError(f'{name!r} is not a domain; write one like "example.org", or "*" for any')
        if name != ANY and (ANY in name or name.startswith(".") or name.endswith(".")):
            raise ValueError(f'{name!r} is not a domain; "*" stands for all domains and only alone')
        return name.lower()

    @field_validator("next_hop")
    @classmethod
    def _named(cls, next_hop: tuple[str, ...]) -> tuple[str, ...]:
        if not all(hop and hop == hop.strip() for hop in next_hop):
            raise ValueError('a next hop is written like "10.0.0.5:25" or "lmtp:unix:/run/dovecot/lmtp"')
        return next_hop


class Domains:
    """The named domains. Raises ValueError when two names are the same domain."""

    def __init__(self, settings: Iterable[DomainSettings]) -> None:
        self._by_name: dict[str, DomainSettings] = {}
        self._any: DomainSettings | None = None
        for domain in settings:
            if domain.name == ANY:
                if self._any is not None:
                    raise ValueError('the domain "*" is named twice')
                self._any = domain
                continue
            name = a_labels(domain.name)
            if name in self._by_name:
                raise ValueError(f"the domain {domain.name} is named twice")
            self._by_name[name] = domain

    def __iter__(self) -> Iterator[DomainSettings]:
        yield from self._by_name.values()
        if self._any is not None:
            yield self._any

    def named(self, domain: str) -> DomainSettings | None:
        """Give the settings of a domain that is named itself; "*" names none."""
        return self._by_name.get(domain) or self._by_name.get(a_labels(domain))

    def route(self, domain: str) -> DomainSettings | None:
        """Give the settings that say where mail for a domain goes: its own, else those of "*", else None.

        "" is the domain of a bare `<postmaster>`, which is ours: it goes where the first domain goes.
        """
        if not domain:
            return next(iter(self), None)
        return self.named(domain) or self._any


def may_receive(recipient: Mailbox, client_may_relay: bool, domains: Domains) -> bool:
    """Tell whether mail for a recipient is taken: for named domains from anyone, else from relay clients.

    "*" opens nothing to strangers: it says where a relay client's mail goes, not who may send.
    """
    if client_may_relay or domains.named(recipient.domain) is not None:
        return True
    # RFC 5321 §4.5.1: "RCPT TO:<Postmaster>", without a domain, must be taken from everyone.
    return not recipient.domain and recipient.address.lower() == "postmaster"


def routes_on(mailbox: Mailbox) -> bool:
    """Tell whether a next hop could read a further route into the local part: `a%b@c`, `b!a@c`, `"a@b"@c`."""
    return not _ROUTING.isdisjoint(mailbox.local_part)


def a_labels(domain: str) -> str:
    """Write a domain in lower-case A-labels, so that both of its forms are equal; what is no domain in lower case."""
    return to_ascii(domain) or domain.lower()
