"""`gatepost scan`: what would happen to a message, and why; nothing is sent, kept or learned.

Reads one message and asks `gateway.scan`, which asks the checks of the settings; here it is laid out for people or as
JSON.
"""

from __future__ import annotations

import re
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import click
import msgspec

from gatepost.checks.facts import Content
from gatepost.checks.finding import Finding, Result
from gatepost.cli.layout import INDENT, coloured, item, paragraph, printable
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option
from gatepost.cli.parts import plain_parts, tree
from gatepost.gateway.scan import HERE, Answer, Envelope, Trial
from gatepost.journal.words import finding as words_of
from gatepost.journal.words import first_line, octets
from gatepost.mail.path import BadPath, Mailbox, parse_mailbox, parse_reverse_path
from gatepost.policy.disposition import Action
from gatepost.policy.settings import PolicySettings

MOST: Final = 268_435_456
"""Octets of a file that are read at most."""

_RETURN_PATH: Final = re.compile(rb"^return-path:[ \t]*(<[^>\r\n]{0,320}>)", re.IGNORECASE | re.MULTILINE)
_LONE_LF: Final = re.compile(rb"(?<!\r)\n")
_ACTIONS: Final = {
    Action.RELAY: ("would be accepted", "green"),
    Action.REJECT: ("would be refused", "red"),
    Action.DEFER: ("would be refused for now", "yellow"),
    Action.QUARANTINE: ("would be held", "yellow"),
    Action.DISCARD: ("would be dropped", "red"),
}


class Address(click.ParamType[Mailbox]):
    """A mail address."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Mailbox:
        """Read an address with or without angle brackets."""
        read = parse_mailbox(str(value).strip().removeprefix("<").removesuffix(">"))
        if isinstance(read, BadPath):
            self.fail(f"{str(value)!r} is no mail address; write bob@example.org", param, ctx)
        return read


class Host(click.ParamType[str]):
    """An IP address."""

    name = "ip"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read an address."""
        try:
            return str(ip_address(str(value).strip("[]")))
        except ValueError:
            self.fail(f"{str(value)!r} is no IP address; write 192.0.2.7 or 2001:db8::7", param, ctx)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True, exists=True))
@click.option("--client-ip", type=Host(), default=HERE, help="The address that the message would come from.")
@click.option("--helo", default="", metavar="NAME", help="The name that the client would say.")
@click.option(
    "--mail-from",
    metavar="ADDRESS",
    help="The reverse-path; <> for none. Default: the Return-Path of the message.",
)
@click.option("--rcpt-to", type=Address(), multiple=True, help="A recipient; may be given several times.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print an object: disposition, reply, score, findings, parts."
)
@config_option
def scan(
    file: Path,
    client_ip: str,
    helo: str,
    mail_from: str | None,
    rcpt_to: tuple[Mailbox, ...],
    as_json: bool,
    config: Path | None,
) -> None:
    """Say what would happen to the message in FILE ("-": standard input), and why. Nothing is sent.

    The checks and rules are those of the settings; DNS and scanners are really asked. What is not told of the session
    is not looked at: without --client-ip there is no connection to check, and no SPF.

    \b
    gatepost scan suspicious.eml
    gatepost scan suspicious.eml --client-ip 192.0.2.7 --helo mx.example --rcpt-to bob@example.org

    Exit status: 0 when it would be delivered, else 1.
    """  # noqa: D301 - click's mark for lines that stay as they are
    from gatepost.gateway.scan import scan as try_message

    settings = settings_of(config)
    message = _read(file)
    envelope = Envelope(
        client=client_ip, helo=helo, reverse_path=_reverse_path(mail_from, message), recipients=rcpt_to
    )
    content = Content(len(message), message)
    trial = try_message(settings, envelope, content)
    if as_json:
        plain = msgspec.to_builtins(_plain(trial, content))
        click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=2))
    else:
        click.echo("\n".join(_told(trial, envelope, content, settings.policy)))
    if trial.verdict.disposition.action is not Action.RELAY:
        raise SystemExit(1)


def _read(file: Path) -> bytes:
    """Read a message as SMTP would bring it: lines end with CRLF, and an mbox's first line is no part of it."""
    try:
        raw = sys.stdin.buffer.read(MOST) if str(file) == "-" else _whole(file)
    except OSError as error:
        raise Bad(f"{file} cannot be read: {error.strerror or error}") from None
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    message = _LONE_LF.sub(b"\r\n", raw)
    if not message.strip():
        raise Bad(f"{file} is empty; give a file that holds one message, header first")
    return message


def _whole(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(MOST)


def _reverse_path(given: str | None, message: bytes) -> Mailbox | None:
    if given is None:
        found = _RETURN_PATH.search(message, 0, max(message.find(b"\r\n\r\n"), 0))
        given = found[1].decode("utf-8", "replace") if found is not None else "<>"
        read = parse_reverse_path(given)
        return None if isinstance(read, BadPath) else read
    read = parse_reverse_path(given if given.startswith("<") else f"<{given}>")
    if isinstance(read, BadPath):
        raise click.UsageError(f"--mail-from {given!r} is no mail address; write alice@example.com or <>")
    return read


def _told(trial: Trial, envelope: Envelope, content: Content, policy: PolicySettings) -> list[str]:
    verdict = trial.verdict
    what, colour = _ACTIONS[verdict.disposition.action]
    if verdict.refused and verdict.disposition.action is Action.RELAY:
        what, colour = "would be refused", "red"
    whom = f" for {verdict.recipient}" if verdict.recipient else ""
    sender = envelope.reverse_path.address if envelope.reverse_path is not None else "<>"
    to = ", ".join([recipient.address for recipient in envelope.recipients]) or "nobody named"
    who = f" as {envelope.helo}" if envelope.helo else ""
    client = f"from {envelope.client}{who}" if envelope.client != HERE else "from no client that was named"
    disposition = verdict.disposition
    lines = [
        f"The message {click.style(what, fg=colour, bold=True)}{whom}.",
        "",
        paragraph("Reply", coloured(first_line(verdict.reply), verdict.reply.code)),
        *[paragraph("Why" if not at else "", why) for at, why in enumerate(disposition.reasons)],
        paragraph("Score", _score(disposition.score, policy)),
        paragraph("Envelope", printable(f"{sender} to {to}, {client}")),
        paragraph("From", printable(trial.seen.header_from) or "(none)"),
        paragraph("Subject", printable(trial.seen.subject) or "(none)"),
        paragraph("Size", octets(content.size)),
    ]
    refused = [answer for answer in trial.answers if answer.refused and answer is not verdict]
    if refused:
        lines += ["", click.style("Also", underline=True)]
        lines += [item(printable(a.recipient) or "the content", first_line(a.reply)) for a in refused]
    found, quiet = _sorted(verdict.findings)
    if found:
        lines += ["", click.style("Found", underline=True), *[_finding(finding) for finding in found]]
    if quiet:
        lines += ["", click.style("Looked at", underline=True), *[_finding(finding) for finding in quiet]]
    return [*lines, "", click.style("Parts", underline=True), *tree(content)]


def _score(score: float, policy: PolicySettings) -> str:
    limits = (("held", policy.hold_score), ("refused", policy.reject_score))
    said = ", ".join([f"{what} from {limit:g} on" for what, limit in limits if limit > 0])
    return f"{score:g} ({said})" if said else f"{score:g}"


def _sorted(findings: tuple[Finding, ...]) -> tuple[list[Finding], list[Finding]]:
    """Tell what was found, or could not be looked at, from what is as it should be."""
    loud = [f for f in findings if f.result is Result.FOUND or f.result is Result.UNAVAILABLE]
    return loud, [f for f in findings if f.result is not Result.FOUND and f.result is not Result.UNAVAILABLE]


def _finding(finding: Finding) -> str:
    name = finding.what
    text = (
        words_of(finding).removeprefix(name).removeprefix(f"{finding.check} {finding.result}").lstrip(",: ")
    )
    return f"{INDENT}{item(name, printable(text) or str(finding.result), 26).lstrip()}"


def _plain(trial: Trial, content: Content) -> dict[str, object]:
    verdict = trial.verdict
    return {
        "disposition": verdict.disposition,
        "reply": verdict.reply,
        "score": verdict.disposition.score,
        "findings": verdict.findings,
        "parts": plain_parts(content),
        "answers": [_answer(answer) for answer in trial.answers],
    }


def _answer(answer: Answer) -> dict[str, object]:
    return {
        "stage": answer.stage,
        "recipient": answer.recipient,
        "disposition": answer.disposition,
        "reply": answer.reply,
    }
