"""The command line: one module per verb, imported only when that verb is asked for, so that all start fast.

Layer 9. Exit status: 0 good, 1 the thing asked about is bad, 2 wrong usage. Errors go to stderr, in one
sentence that says what to do.
"""

from __future__ import annotations

import importlib
from typing import Final

import click

from gatepost import __version__

VERBS: Final = {
    "run": "gatepost.cli.run:run",
    "demo": "gatepost.cli.demo:demo",
    "init": "gatepost.cli.init:init",
    "check": "gatepost.cli.check:check",
    "explain": "gatepost.cli.explain:explain",
    "trace": "gatepost.cli.trace:trace",
    "scan": "gatepost.cli.scan:scan",
    "learn": "gatepost.cli.learn:learn",
    "replies": "gatepost.cli.replies:replies",
    "policy": "gatepost.cli.policy:policy",
    "quarantine": "gatepost.cli.quarantine:quarantine",
    "lists": "gatepost.cli.lists:lists",
    "greylist": "gatepost.cli.greylist:greylist",
    "reputation": "gatepost.cli.reputation:reputation",
    "dkim": "gatepost.cli.dkim:dkim",
    "dmarc": "gatepost.cli.dmarc:dmarc",
    "status": "gatepost.cli.status:status",
    "reload": "gatepost.cli.reload:reload",
}

_HELP: Final = {
    "run": "Run the gateway.",
    "demo": "Show what Gatepost does, on loopback, in a minute.",
    "init": "Write a settings file to start from.",
    "check": "Check the settings, and what they point at.",
    "explain": "Say what an SMTP reply means, whose move it is, and what to do.",
    "trace": "Tell the story of a message or session.",
    "scan": "Say what would happen to a message, and why; nothing is sent.",
    "learn": "Teach the spam classifier by messages, or take that back.",
    "replies": "List every reply this gateway can give, explained.",
    "policy": "List what the checks can find, what is done about it, and why.",
    "quarantine": "See what policy holds until a person decides, and decide.",
    "lists": "Say how the blocklists in DNS are, and what to look at again because one was ill.",
    "greylist": "See who was asked to come again, and let someone pass at once.",
    "reputation": "See what clients and domains did here before.",
    "dkim": "Make keys to sign with, and see whether DNS has them.",
    "dmarc": "Tell the owners of domains what came in their name; read what others tell of ours.",
    "status": "Say how the gateway is: what runs, what waits, what is out of order.",
    "reload": "Let the running gateway read its settings again.",
}


class _Verbs(click.Group):
    """The verbs, found by name without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's
        target = VERBS.get(name)
        if target is None:
            return None
        module, _, attribute = target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, _HELP[name]) for name in VERBS])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gatepost")
def main() -> None:
    """Gatepost: a mail gateway that can always say why.

    New here? Try "gatepost demo", or ask about a reply you saw: gatepost explain 550
    """
