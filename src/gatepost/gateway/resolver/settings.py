"""The settings of the resolver: whom to ask, how patiently, how much to remember."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

PORT: Final = 53


class ResolverSettings(BaseModel):
    """The `[dns]` part of the settings: which name servers to ask, and how patiently."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nameservers: tuple[str, ...] = Field(
        default=(),
        max_length=8,
        description='The resolvers to ask, in order: "127.0.0.1", "127.0.0.1:5353", "2001:db8::53" or '
        '"[2001:db8::53]:5353". With none, those of /etc/resolv.conf. Blocklists refuse what comes through the '
        "large public resolvers, so let one run on this machine or next to it.",
    )
    timeout: float = Field(
        default=2.0, ge=0.1, le=30, description="Seconds that a name server has for its answer, each time."
    )
    tries: int = Field(
        default=2,
        ge=1,
        le=8,
        description="How often a question is sent before it has failed; each time to the next name server.",
    )
    cache_size: int = Field(
        default=20_000,
        ge=0,
        le=1_000_000,
        description="Answers that each worker remembers, for as long as they say themselves and an hour at "
        "most; some 500 octets each.",
    )

    @field_validator("nameservers")
    @classmethod
    def _addresses(cls, nameservers: tuple[str, ...]) -> tuple[str, ...]:
        for text in nameservers:
            nameserver(text)
        return nameservers


def nameserver(text: str) -> tuple[str, int]:
    """Read the address and port of a name server, in the forms of the setting. Raises ValueError."""
    host, port = text, str(PORT)
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or str(PORT)
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        ip_address(host)
        number = int(port) if port.isascii() and port.isdigit() else 0
    except ValueError:
        number = 0
    if not 0 < number < 65_536:
        raise ValueError(
            f'{text!r} is not the address of a name server; write one like "127.0.0.1" or "[::1]:5353"'
        )
    return host, number
