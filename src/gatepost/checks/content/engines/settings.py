"""The settings of the engines that are asked: where each is, how patiently, and what its word weighs."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_ICAP_URL: Final = re.compile(r"icap://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(/[!-~]*)")


class _EngineSettings(BaseModel):
    """What is set of every engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds that the answer about one message may take, waiting for a connection included.",
    )
    connect_timeout: float = Field(
        default=5.0, gt=0, le=60, description="Seconds that opening a connection may take."
    )
    max_connections: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Connections at one time, per worker. Further messages wait for one, within the timeout.",
    )
    idle_timeout: float = Field(
        default=20.0,
        ge=0,
        le=3600,
        description="Seconds that a connection is kept for the next message, where the other side keeps it too.",
    )


class RspamdSettings(_EngineSettings):
    """The `[checks.rspamd]` part of the settings: the Rspamd to ask."""

    address: str = Field(
        description='Where a normal worker of Rspamd listens: "127.0.0.1:11333" (an IPv6 address in brackets), or '
        '"unix:/run/rspamd/normal.sock".'
    )
    weight: float = Field(
        default=0.5,
        ge=0,
        le=100,
        description="By how much its score is multiplied before it counts in the score of the message. Rspamd "
        "refuses at 15 where other filters, and the scores here, call 5 to 7 spam.",
    )
    max_size: int = Field(
        default=20_971_520, ge=0, description="The largest message, in octets, that it is asked about."
    )

    @field_validator("address")
    @classmethod
    def _an_address(cls, address: str) -> str:
        return address_of_engine(address, "127.0.0.1:11333")


class SpamAssassinSettings(_EngineSettings):
    """The `[checks.spamassassin]` part of the settings: the spamd to ask."""

    address: str = Field(
        description='Where spamd listens: "127.0.0.1:783" (an IPv6 address in brackets), or '
        '"unix:/run/spamd.sock".'
    )
    timeout: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds that the answer about one message may take, waiting for a connection included.",
    )
    max_connections: int = Field(
        default=4,
        ge=1,
        le=256,
        description="Questions at one time, per worker. Further messages wait, within the timeout. More than "
        "spamd has children (--max-children, usually 5) only moves the waiting into spamd.",
    )
    weight: float = Field(
        default=1.0,
        ge=0,
        le=100,
        description="By how much its score is multiplied before it counts in the score of the message.",
    )
    max_size: int = Field(
        default=512_000,
        ge=0,
        description="The largest message, in octets, that it is asked about: it is slow on large ones.",
    )
    user: str = Field(
        default="",
        max_length=64,
        pattern=r"^[A-Za-z0-9._@+-]*$",
        description="The user whose preferences and learned mail spamd takes; its own when empty.",
    )

    @field_validator("address")
    @classmethod
    def _an_address(cls, address: str) -> str:
        return address_of_engine(address, "127.0.0.1:783")


class IcapSettings(_EngineSettings):
    """The `[checks.icap]` part of the settings: the scanner to ask by ICAP (RFC 3507)."""

    url: str = Field(description='The service: "icap://127.0.0.1:1344/avscan".')
    method: Literal["respmod", "reqmod"] = Field(
        default="respmod",
        description="How the message is shown: as what a server sent (respmod), or as what is sent to one "
        "(reqmod). Most scanners know respmod.",
    )
    max_size: int = Field(
        default=104_857_600, ge=0, description="The largest message, in octets, that it is asked about."
    )

    @field_validator("url")
    @classmethod
    def _a_url(cls, url: str) -> str:
        match = _ICAP_URL.fullmatch(url)
        if match is None or not 0 < int(match[2] or 1344) < 65536:
            raise ValueError(f'{url!r} is not the address of a service; write "icap://127.0.0.1:1344/avscan"')
        return url

    @property
    def address(self) -> str:
        """Give host and port."""
        match = _ICAP_URL.fullmatch(self.url)
        assert match is not None  # noqa: S101 - `_a_url` has seen it
        return f"{match[1]}:{match[2] or 1344}"


def address_of_engine(address: str, example: str) -> str:
    """Check that it is "host:port" or "unix:/path". Raises ValueError with a sentence."""
    if address.startswith("unix:/") and len(address) > len("unix:/"):
        return address
    host, _, port = address.rpartition(":")
    if not host or host == "unix" or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError(f'{address!r} is not an address; write "{example}", or "unix:/path/to/socket"')
    return address
