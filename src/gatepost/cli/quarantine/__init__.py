"""`gatepost quarantine`: what policy holds until a person decides; look at it, let it go, delete it, take a copy.

Reads the spool beside the gateway or without one. What changes something is ordered from the gateway (`gateway.
quarantine.ordering`). Who ordered it stands in the journal.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import click

from gatepost.cli.memory import print_json
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option
from gatepost.cli.trace import When
from gatepost.gateway.quarantine.holdings import Found, Holding, Wanted
from gatepost.mail.ids import is_id

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings
    from gatepost.spool.orders import Act

_DONE: Final = {"release": "released", "delete": "deleted"}
Verb = TypeVar("Verb", bound=Callable[..., Any])

_FILTERS: Final = (
    click.option(
        "--since", type=When(), metavar="TIME", help="Held from then on: 2h, 14:30, a date, RFC 3339."
    ),
    click.option("--until", type=When(end=True), metavar="TIME", help="Held until then."),
    click.option("--to", default="", metavar="ADDRESS", help="For this recipient, or for a domain."),
    click.option("--from", "sender", default="", metavar="ADDRESS", help="From this address, or a domain."),
    click.option("--finding", default="", metavar="NAME", help="In which this was found: virus-found."),
    click.option("--subject", default="", metavar="WORDS", help="With these words in the subject."),
)
_by = click.option("--by", default="", metavar="NAME", help="Who decides. Default: your login name.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


def _filters(verb: Verb) -> Verb:
    for option in reversed(_FILTERS):
        verb = option(verb)
    return verb


@click.group()
def quarantine() -> None:
    """See what policy holds until a person decides, and decide.

    A message is held where the settings say "hold" of something that was found, or where its score reaches
    policy.hold_score. It is safe in the spool, and nothing of it is delivered before it is released.

    \b
    gatepost quarantine list --finding virus-found
    gatepost quarantine show 7zq4k0v3m8x2a-1
    gatepost quarantine release 7zq4k0v3m8x2a-1
    gatepost quarantine delete --from spam.example --yes
    """  # noqa: D301 - click's mark for lines that stay as they are


@quarantine.command("list")
@_filters
@_json
@config_option
def list_(as_json: bool, config: Path | None, **wanted: Any) -> None:
    """List what is held: since when, how large, from whom to whom, and why.

    Mail that is held because no next hop is named is only counted: it is no part of the quarantine.
    """
    from gatepost.cli.quarantine.words import listed, plain

    settings = settings_of(config)
    found = _found(settings, wanted)
    now = time.time()
    if as_json:
        print_json([plain(holding, now) for holding in found.quarantined])
    else:
        click.echo("\n".join(listed(found, now)))


@quarantine.command()
@click.argument("id_", metavar="ID")
@_json
@config_option
def show(id_: str, as_json: bool, config: Path | None) -> None:
    """Show one message: why it is held, what was found, its header, its first lines, what release would do."""
    from gatepost.cli.quarantine.words import plain_in_full, shown
    from gatepost.delivery.routes import Routes
    from gatepost.gateway.quarantine.excerpt import MOST, excerpt
    from gatepost.gateway.quarantine.holdings import content
    from gatepost.policy.domains import Domains

    settings = settings_of(config)
    with _owning(settings.spool_dir):
        holding = _held(settings, id_)
        head = b""
        with _readable(id_):
            for chunk in content(holding):
                head += chunk
                if len(head) >= MOST:
                    break
    routes = Routes(Domains(settings.domain))
    now = time.time()
    if as_json:
        print_json(plain_in_full(holding, excerpt(head), routes, now))
    else:
        click.echo("\n".join(shown(holding, excerpt(head), routes, now)))


@quarantine.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@_filters
@_by
@_yes
@_json
@config_option
def release(
    ids: tuple[str, ...], by: str, yes: bool, as_json: bool, config: Path | None, **wanted: Any
) -> None:
    """Let messages go, by ID or by what they have in common: they are delivered, and not judged again.

    Asks when they are not named by ID. Exit status 1 when nothing was released.
    """
    settings = settings_of(config)
    holdings = _chosen(settings, ids, wanted)
    if not ids and not yes:
        _ask(f"Release {_number(holdings)}?")
    _order(settings, holdings, "release", by, as_json)


@quarantine.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@_filters
@_by
@_yes
@_json
@config_option
def delete(
    ids: tuple[str, ...], by: str, yes: bool, as_json: bool, config: Path | None, **wanted: Any
) -> None:
    """Delete messages for good, by ID or by what they have in common; nobody is told but the journal.

    Asks, unless --yes is given. Exit status 1 when nothing was deleted.
    """
    settings = settings_of(config)
    holdings = _chosen(settings, ids, wanted)
    if not yes:
        _ask(f"Delete {_number(holdings)} for good?")
    _order(settings, holdings, "delete", by, as_json)


@quarantine.command()
@click.argument("id_", metavar="ID")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    help="The file to write, which must not exist yet. Default: standard output.",
)
@config_option
def export(id_: str, output: Path, config: Path | None) -> None:
    """Write a message as it would be delivered, octet by octet. It may be dangerous; nothing of it is opened."""
    from gatepost.gateway.quarantine.holdings import content

    settings = settings_of(config)
    if str(output) == "-" and sys.stdout.isatty():
        raise click.UsageError(
            "a message can harm a terminal; name a file with -o, or send the output elsewhere"
        )
    with _owning(settings.spool_dir):
        holding = _held(settings, id_)
    with _opened(output) as target, _owning(settings.spool_dir), _readable(id_):
        for chunk in content(holding):
            target.write(chunk)
    if str(output) != "-":
        click.echo(f"Wrote {id_} to {output}.")


def _found(settings: Settings, wanted: dict[str, Any]) -> Found:
    from gatepost.gateway.quarantine.holdings import find

    since, until = wanted["since"], wanted["until"]
    if since is not None and until is not None and since > until:
        raise click.UsageError("--since is later than --until; swap them")
    with _owning(settings.spool_dir):
        found = find(settings.spool_dir, Wanted(**wanted))
    for fault in found.unreadable:
        click.echo(f"A part of the spool cannot be read, so what it holds is not here: {fault}", err=True)
    return found


def _chosen(settings: Settings, ids: tuple[str, ...], wanted: dict[str, Any]) -> tuple[Holding, ...]:
    """Give the messages that are meant: by id, or by a filter, but never all there are by saying nothing."""
    filtered = any(value not in ("", None) for value in wanted.values())
    if bool(ids) == filtered:
        raise click.UsageError("name messages by ID, or by a filter such as --from or --finding")
    if not ids:
        found = _found(settings, wanted)
        if not found.quarantined:
            raise Bad("policy holds no such message; see gatepost quarantine list")
        return found.quarantined
    with _owning(settings.spool_dir):
        holdings = tuple([_held(settings, id_) for id_ in dict.fromkeys(ids)])
    for holding in holdings:
        if holding.kind != "policy":
            raise Bad(
                f"{holding.message.id} is not held by policy, but by delivery: {holding.why}; "
                "it goes on when that is mended"
            )
    return holdings


def _held(settings: Settings, id_: str) -> Holding:
    from gatepost.gateway.quarantine.holdings import get
    from gatepost.spool.embedded import SpoolUnusable

    if not is_id(id_) or "-" not in id_:
        raise click.UsageError(f"{id_!r} is not the id of a message; gatepost quarantine list names them")
    try:
        holding = get(settings.spool_dir, id_)
    except SpoolUnusable as error:
        raise Bad(str(error)) from None
    if holding is None:
        raise Bad(f"no message {id_} is held; gatepost trace {id_} tells what became of it")
    return holding


def _order(settings: Settings, holdings: tuple[Holding, ...], act: Act, by: str, as_json: bool) -> None:
    from gatepost.gateway.quarantine.ordering import order
    from gatepost.gateway.supervisor import running_pid
    from gatepost.spool.embedded import SpoolUnusable

    who = by.strip() or _login()
    if len(who) > 100 or not who.isprintable():
        raise click.UsageError("--by is to be a name of at most 100 printable characters")
    running = running_pid(settings.data_dir) != 0
    try:
        with _owning(settings.spool_dir):
            outcomes = order(settings, holdings, act, who)
    except (SpoolUnusable, OSError) as error:
        raise Bad(f"it is ordered, and not carried out yet: {error}") from None
    if as_json:
        print_json(
            [
                {
                    "id": h.message.id,
                    "act": act,
                    "by": who,
                    "outcome": outcome,
                    "recipients": list(h.held_for),
                }
                for h, outcome in zip(holdings, outcomes, strict=True)
            ]
        )
    else:
        for holding, outcome in zip(holdings, outcomes, strict=True):
            click.echo(_said(holding, act, who, outcome, running))
    if not any(outcome in ("done", "later") for outcome in outcomes):
        raise SystemExit(1)


def _said(holding: Holding, act: Act, by: str, outcome: str, running: bool) -> str:
    id_, to = holding.message.id, ", ".join(holding.held_for[:3])
    match outcome:
        case "done" if act == "delete":
            return f"{id_}: deleted by {by}."
        case "done":
            then = "delivery has it now" if running else "it is delivered when the gateway starts"
            return f"{id_}: released by {by} to {to}; {then}."
        case "later":
            return f"{id_}: will be {_DONE[act]} as soon as the gateway can; gatepost trace {id_} tells when."
        case _:
            return f"{id_}: not {_DONE[act]}, because it is not held any more; see gatepost trace {id_}"


def _ask(question: str) -> None:
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:
        pass
    raise Bad("nothing was changed; answer y, or give --yes")


def _number(holdings: tuple[Holding, ...]) -> str:
    if len(holdings) == 1:
        return f"{holdings[0].message.id} from {holdings[0].message.reverse_path or '<>'}"
    return f"{len(holdings)} messages"


def _login() -> str:
    try:
        return os.getlogin()
    except OSError:  # no terminal: a job, a container
        pass
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


@contextlib.contextmanager
def _readable(id_: str) -> Iterator[None]:
    from gatepost.spool.embedded import SpoolUnusable

    try:
        yield
    except (OSError, KeyError, SpoolUnusable) as error:
        raise Bad(
            f"the content of {id_} cannot be read ({error}); has it just been released or deleted?"
        ) from None


@contextlib.contextmanager
def _opened(output: Path) -> Iterator[BinaryIO]:
    if str(output) == "-":
        yield sys.stdout.buffer
        return
    try:
        fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{output} is there already; name another file") from None
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None
    with os.fdopen(fd, "wb") as target:
        yield target


@contextlib.contextmanager
def _owning(spool_dir: Path) -> Iterator[None]:
    """Act as the user that the spool belongs to: what root leaves there the gateway could not open."""
    try:
        owner = spool_dir.stat()
    except OSError:  # there is none
        yield
        return
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
