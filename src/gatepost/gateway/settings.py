"""The settings of the whole gateway: one TOML file, read and checked here and passed down in parts.

Each part's model stands beside the code that reads it. An unknown key is an error that names the nearest known
one; a bad file names every fault it has, so that it is mended in one go.
"""

from __future__ import annotations

import difflib
import ipaddress
import socket
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gatepost.checks.settings import ChecksSettings
from gatepost.delivery.routes import parse_next_hop
from gatepost.delivery.settings import DeliverySettings
from gatepost.gateway.dmarc.settings import DmarcSettings
from gatepost.gateway.memory.settings import MemorySettings
from gatepost.gateway.resolver.settings import ResolverSettings
from gatepost.policy.domains import Domains, DomainSettings, a_labels
from gatepost.policy.settings import PolicySettings
from gatepost.reception.settings import ReceptionSettings
from gatepost.spool.embedded.settings import SpoolSettings

DEFAULT_FILE = Path("gatepost.toml")
PID_FILE = "gatepost.pid"  # in the data directory, made when the gateway starts


class SettingsError(Exception):
    """The settings cannot be used; each line of the text is one fault, with what to do about it."""


class TlsSettings(BaseModel):
    """`tls` of a listener."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path = Field(description="PEM file with the certificate and its chain.")
    key: Path = Field(description="PEM file with the private key.")


class ListenerSettings(BaseModel):
    """One `[[listener]]`: where clients connect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["inbound", "relay"] = Field(
        default="inbound",
        description='"inbound": anyone, for the named domains. "relay": clients of the relay networks only.',
    )
    address: str = Field(
        default="127.0.0.1:2525", description='"address:port" to listen on, such as "0.0.0.0:25".'
    )
    tls: TlsSettings | None = Field(
        default=None, description="Certificate and key; STARTTLS is offered when they are given."
    )

    @field_validator("address")
    @classmethod
    def _an_address(cls, address: str) -> str:
        host_and_port(address)
        return address


class WebSettings(BaseModel):
    """`[web]`: the pages. They are read-only and have no log-in yet, so they stay on loopback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = Field(
        default="127.0.0.1:8025", description='"address:port" on loopback; "" turns the pages off.'
    )

    @field_validator("address")
    @classmethod
    def _on_loopback(cls, address: str) -> str:
        if address and not ipaddress.ip_address(host_and_port(address)[0]).is_loopback:
            raise ValueError(
                f"{address} is not on loopback; the pages have no log-in yet, so use 127.0.0.1 and an SSH tunnel"
            )
        return address


class Settings(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default=Path("gatepost-data"), description="Where spool and journal live.")
    host: str = Field(
        default_factory=socket.gethostname,
        min_length=1,
        max_length=255,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
        description="The name this gateway calls itself in greetings and trace fields; it should resolve to it.",
    )
    workers: int = Field(default=0, ge=0, le=256, description="Worker processes; 0 is one for each core.")
    listener: tuple[ListenerSettings, ...] = (ListenerSettings(),)
    domain: tuple[DomainSettings, ...] = Field(default=(DomainSettings(name="*"),))
    reception: ReceptionSettings = ReceptionSettings()
    delivery: DeliverySettings = DeliverySettings()
    spool: SpoolSettings = SpoolSettings()
    dns: ResolverSettings = ResolverSettings()
    memory: MemorySettings = MemorySettings()
    checks: ChecksSettings = ChecksSettings()
    dmarc: DmarcSettings = DmarcSettings()
    policy: PolicySettings = PolicySettings()
    web: WebSettings = WebSettings()

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        if not self.listener:
            raise ValueError("name at least one [[listener]]")
        domains = Domains(self.domain)
        for address in filter(None, (self.dmarc.reports_from, *self.dmarc.reports_to)):
            if domains.named(address.rpartition("@")[2]) is None:
                raise ValueError(
                    f"dmarc: {address} is at none of the named domains, so no mail for it comes here"
                )
        for domain in self.domain:
            for hop in domain.next_hop:
                parse_next_hop(hop)
        sealer = self.checks.identity.sealer
        if sealer and not any(
            domain.dkim for domain in self.domain if a_labels(domain.name) == a_labels(sealer)
        ):
            raise ValueError(
                f"checks.identity.sealer: no [[domain]] {sealer} has a dkim key; make one with "
                f"`gatepost dkim new {sealer}`"
            )
        addresses = [listener.address for listener in self.listener]
        twice = {address for address in addresses if addresses.count(address) > 1}
        if twice:
            raise ValueError(f"two listeners have the address {', '.join(sorted(twice))}")
        return self

    @property
    def journal_dir(self) -> Path:
        """Where the journal's files are."""
        return self.data_dir / "journal"

    @property
    def spool_dir(self) -> Path:
        """Where the spool's shards are, one folder for each worker, named by its number."""
        return self.data_dir / "spool"

    @property
    def dmarc_dir(self) -> Path:
        """Where it stands which DMARC reports were sent, and what was received."""
        return self.data_dir / "dmarc"


def host_and_port(address: str) -> tuple[str, int]:
    """Read "192.0.2.1:25" or "[2001:db8::1]:25". Raises ValueError."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65_536:
        raise ValueError(f'{address!r} is not an address and port; write them like "127.0.0.1:2525"')
    return host, number


def load(path: Path | None) -> Settings:
    """Read a settings file; None reads ./gatepost.toml if there is one, else gives the defaults.

    Paths in the file are taken from the folder of the file. Raises SettingsError.
    """
    if path is None:
        if not DEFAULT_FILE.exists():
            return Settings()
        path = DEFAULT_FILE
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(f"{path}: {fault}" for fault in _faults(error))) from None
    return settings.model_copy(update={"data_dir": path.parent / settings.data_dir})


def _faults(error: ValidationError) -> list[str]:
    faults = []
    for fault in error.errors():
        where = _where(fault["loc"])
        if fault["type"] == "extra_forbidden":
            faults.append(_unknown_key(fault["loc"]))
        elif fault["type"] == "missing":
            faults.append(f"{where} is missing")
        else:
            said = fault["msg"].removeprefix("Value error, ")
            given = fault.get("input")
            shown = (
                ""
                if isinstance(given, (dict, list, tuple, BaseModel)) or str(given) in said
                else f" (given: {given!r})"
            )
            faults.append(f"{where}: {said}{shown}" if where else said)
    return faults


def _where(location: tuple[int | str, ...]) -> str:
    words = ""
    for step in location:
        words += f" number {step + 1}" if isinstance(step, int) else f"{'.' if words else ''}{step}"
    return words


def _unknown_key(location: tuple[int | str, ...]) -> str:
    key = str(location[-1])
    known = sorted(_model_at(location[:-1]).model_fields)
    near = difflib.get_close_matches(key, known, 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
    return f"{_where(location)} is not a setting; {hint}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for step in location:
        if isinstance(step, str):
            model = model_of(model.model_fields[step].annotation) or model
    return model


def model_of(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside a field's annotation, None when it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = model_of(argument)
        if found is not None:
            return found
    return None
