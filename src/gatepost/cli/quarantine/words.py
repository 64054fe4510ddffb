"""How a held message is told: in lines for a person, as an object for a program.

Every text may come from a stranger; it is made printable here. Knows nothing of where messages come from.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import click
import msgspec

from gatepost.cli.layout import INDENT, item, paragraph, printable, width
from gatepost.cli.memory import minute, rfc3339
from gatepost.delivery.routes import Routes
from gatepost.gateway.quarantine.excerpt import Excerpt
from gatepost.gateway.quarantine.holdings import Found, Holding
from gatepost.journal.words import finding as words_of
from gatepost.journal.words import names, octets, reach

_NOWHERE = "no next hop is named for it, so it would go on waiting"


def listed(found: Found, now: float) -> list[str]:
    """Tell what is held: three lines a message, and what delivery holds."""
    lines: list[str] = []
    for holding in found.quarantined:
        lines += [*_row(holding, now), ""]
    number = len(found.quarantined)
    if number:
        one = found.quarantined[0].message.id
        lines.append(f"{_count(number)} held by policy. One in full: gatepost quarantine show {one}")
    else:
        lines.append("Policy holds no such message.")
    if found.undeliverable:
        lines.append(elsewhere(found.undeliverable))
    return lines


def elsewhere(number: int) -> str:
    """Say that delivery holds mail as well, which is another matter."""
    what = f"{_count(number)} held for another reason: delivery cannot go on, mostly because no next hop is named"
    return f"{what}. Name one in the settings, then: gatepost reload"


def shown(holding: Holding, seen: Excerpt, routes: Routes, now: float) -> list[str]:
    """Tell one message in full: why it is held, what releasing it would mean, header, findings, first lines."""
    message, reception = holding.message, holding.reception
    lines = [
        f"{click.style(message.id, bold=True)}  {_state(holding)} for {reach(max(0.0, now - holding.since))}",
        "",
        paragraph("Held since", minute(holding.since)),
        paragraph("Why", printable(holding.why)),
    ]
    if holding.kind == "policy":
        lines.append(paragraph("Rule", holding.rule))
    lines += [
        paragraph("From", printable(message.reverse_path or "<>")),
        paragraph("To", printable(names(holding.held_for))),
    ]
    if holding.kind == "policy" and holding.also_for:
        lines.append(
            paragraph("Not held", f"for {printable(names(holding.also_for))}, where delivery still tries")
        )
    if reception is not None:
        helo = f" calling itself {reception.helo}" if reception.helo else ""
        lines.append(paragraph("Client", printable(f"{reception.peer}{helo}")))
        if reception.disposition.score:
            lines.append(paragraph("Score", f"{reception.disposition.score:g}"))
    lines.append(paragraph("Size", octets(message.size)))
    lines += [
        paragraph("Release", line) if not at else paragraph("", line)
        for at, line in _release(holding, routes)
    ]
    if holding.findings:
        lines += ["", click.style("Found", underline=True)]
        lines += [_wrapped(printable(words_of(seen_by))) for seen_by in holding.findings]
    lines += ["", click.style("Header", underline=True)]
    lines += [item(f"{name}:", value, min(24, max(12, len(name) + 2))) for name, value in seen.fields]
    kind = f" ({seen.kind})" if seen.kind and seen.kind != "text/plain" else ""
    lines += ["", click.style(f"First lines{kind}", underline=True)]
    lines += [_wrapped(line) for line in seen.lines] or [f"{INDENT}(no text)"]
    if seen.more:
        lines += ["", f"All of it: gatepost quarantine export {message.id} -o FILE"]
    return lines


def plain(holding: Holding, now: float) -> dict[str, object]:
    """Give what a program wants to know of a held message."""
    message, reception = holding.message, holding.reception
    return {
        "id": message.id,
        "kind": holding.kind,
        "since": rfc3339(holding.since),
        "age": round(max(0.0, now - holding.since)),
        "arrived": rfc3339(message.arrived),
        "size": message.size,
        "reverse_path": message.reverse_path,
        "recipients": list(holding.held_for),
        "also_for": list(holding.also_for) if holding.kind == "policy" else [],
        "rule": holding.rule,
        "reason": holding.why,
        "score": reception.disposition.score if reception is not None else 0.0,
        "findings": [finding.what for finding in holding.findings],
        "client": reception.peer if reception is not None else "",
        "helo": reception.helo if reception is not None else "",
        "header_from": reception.header_from if reception is not None else "",
        "subject": reception.subject if reception is not None else "",
        "message_id": reception.message_id if reception is not None else "",
    }


def plain_in_full(holding: Holding, seen: Excerpt, routes: Routes, now: float) -> dict[str, object]:
    """Give all that `shown` tells."""
    return {
        **plain(holding, now),
        "findings": msgspec.to_builtins(holding.findings),
        "header": [{"name": name, "value": value} for name, value in seen.fields],
        "text": list(seen.lines),
        "release": [
            {"recipient": address, "next_hop": [str(hop) for hop in routes.of(address)]}
            for address in holding.held_for
        ],
    }


def _row(holding: Holding, now: float) -> list[str]:
    message, reception = holding.message, holding.reception
    age = reach(max(0.0, now - holding.since))
    subject = (
        f'"{printable(reception.subject)}"' if reception is not None and reception.subject else "(no subject)"
    )
    who = printable(f"{message.reverse_path or '<>'} to {names(holding.held_for)}")
    others = f", not for {len(holding.also_for)} others" if holding.also_for else ""
    return [
        f"{click.style(message.id, bold=True)}  {minute(holding.since)}  {age}, {octets(message.size)}",
        _wrapped(f"{who}{others}: {subject}"),
        _wrapped(printable(f"{holding.why} [{holding.rule}]")),
    ]


def _release(holding: Holding, routes: Routes) -> Iterable[tuple[int, str]]:
    if holding.kind == "delivery":
        yield 0, "not by this command: it is delivered when delivery can go on with it"
        return
    together: dict[str, list[str]] = {}
    for address in holding.held_for:
        hops = ", then ".join(str(hop) for hop in routes.of(address))
        together.setdefault(f"by way of {hops}" if hops else _NOWHERE, []).append(address)
    for at, (how, addresses) in enumerate(together.items()):
        yield (
            at,
            printable(
                f"would send it to {names(addresses)} {how}"
                if how != _NOWHERE
                else f"{names(addresses)}: {how}"
            ),
        )


def _state(holding: Holding) -> str:
    return "held by policy" if holding.kind == "policy" else "held because delivery cannot go on"


def _count(number: int) -> str:
    return "1 message is" if number == 1 else f"{number} messages are"


def _wrapped(text: str) -> str:
    lines: Sequence[str] = textwrap.wrap(text, width() - len(INDENT), break_on_hyphens=False) or [""]
    return "\n".join(INDENT + line for line in lines)
