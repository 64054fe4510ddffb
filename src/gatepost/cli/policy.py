"""`gatepost policy`: what is done about each finding, and why; by the settings, or one finding in full."""

from __future__ import annotations

import difflib
import textwrap
from pathlib import Path
from typing import Final

import click
import msgspec

from gatepost.cli.layout import INDENT, paragraph, width
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option
from gatepost.policy.known import KNOWN, Known
from gatepost.policy.rules import Rule, Treatment, rule_for

_NAME: Final = 31  # columns for the name of a finding
_CHOICE: Final = 9
_SCORE: Final = 7
_COLOURS: Final = {
    "reject": "red",
    "defer": "yellow",
    "hold": "magenta",
    "mark": "cyan",
    "accept": "green",
    "observe": "white",
}


@click.command()
@click.argument("finding", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array, or one object for a FINDING.")
@config_option
def policy(finding: str | None, as_json: bool, config: Path | None) -> None:
    """List what the checks can find and what is done about it, or show one FINDING in full.

    \b
    reject   refuse for good (5yz), with the reason in the reply
    defer    refuse for now (4yz): the sender's server tries again
    hold     take it, and keep it until a person decides: gatepost quarantine
    mark     take it; the finding stands in the message and counts in its score
    accept   take it whatever else speaks against it
    observe  take it; the finding stands in the journal only

    A star marks what the settings changed. To change one, write in gatepost.toml:

    \b
    [policy.findings]
    "virus-unavailable" = "mark"
    """  # noqa: D301 - click wants the character itself
    treatments = settings_of(config).policy.treatments()
    if finding is None:
        if as_json:
            _json([_plain(known, treatments.get(known.finding)) for known in KNOWN.values()])
        else:
            click.echo("\n".join(_table(treatments)))
        return
    known = KNOWN.get(finding)
    if known is None:
        near = difflib.get_close_matches(finding, KNOWN, n=1)
        hint = f"did you mean {near[0]}?" if near else "gatepost policy lists them all."
        raise Bad(f"No check finds {finding!r}; {hint}")
    treatment = treatments.get(finding)
    if as_json:
        _json(_plain(known, treatment))
    else:
        click.echo("\n".join(_full(known, treatment)))


def _table(treatments: dict[str, Treatment]) -> list[str]:
    lines: list[str] = []
    text = len(INDENT) + _NAME + _CHOICE + _SCORE
    for known in KNOWN.values():
        treatment = treatments.get(known.finding)
        choice = _choice(known, treatment)
        score = rule_for(known, treatment).score
        star = "*" if treatment is not None else " "
        first, *rest = textwrap.wrap(known.means, width() - text)
        coloured = click.style(f"{choice:<{_CHOICE - 1}}", fg=_COLOURS[choice])
        lines.append(f"{INDENT}{known.finding:<{_NAME}}{coloured}{star}{_signed(score):<{_SCORE}}{first}")
        lines += [" " * text + more for more in rest]
    return [*lines, "", "One in full, with the reason: gatepost policy FINDING"]


def _full(known: Known, treatment: Treatment | None) -> list[str]:
    rule = rule_for(known, treatment)
    choice = _choice(known, treatment)
    lines = [
        click.style(f"{known.finding}  {choice}", fg=_COLOURS[choice]),
        "",
        paragraph("Means", known.means),
    ]
    if treatment is None:
        lines.append(paragraph("Why", known.because))
    else:
        lines.append(
            paragraph("Why", f"the settings say so; the usual is {known.choice}, because {known.because}")
        )
    if rule.score:
        lines.append(paragraph("Score", _signed(rule.score)))
    if rule.entry:
        lines.append(paragraph("Reply", f"{rule.entry} (gatepost replies {rule.entry})"))
    if rule.firm:
        lines.append(paragraph("Firm", "it stands even where another finding accepts the message"))
    lines.append(paragraph("Choices", ", ".join(known.choices())))
    return lines


def _choice(known: Known, treatment: Treatment | None) -> str:
    return known.choice if treatment is None else treatment.choice


def _signed(score: float) -> str:
    return f"{score:+g}" if score else ""


def _plain(known: Known, treatment: Treatment | None) -> dict[str, object]:
    rule: Rule = rule_for(known, treatment)
    return {
        "finding": known.finding,
        "means": known.means,
        "choice": _choice(known, treatment),
        "usual": known.choice,
        "because": known.because,
        "choices": known.choices(),
        "score": rule.score,
        "entry": rule.entry,
        "firm": rule.firm,
    }


def _json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
