"""A real spamd of our own for tests: three rules, no network tests, a port of its own.

`BEACON` adds 20 for the word "beacon", `FOGHORN` adds 3 for "foghorn"; from 5 on it is spam.

    @pytest.mark.peer("spamd")
    def test_something(free_port):
        with Spamd(free_port()) as spamd:
            ... spamd.address ...
"""

from __future__ import annotations

import signal

from tests.peers.rspamd import answers, signal_all
from tests.peers.server import Server

PLUGINS = "loadplugin Mail::SpamAssassin::Plugin::Check\n"
RULES = """
use_bayes 0
required_score 5
body BEACON /beacon/
describe BEACON Speaks of a beacon
score BEACON 20.0
body FOGHORN /foghorn/
describe FOGHORN Speaks of a foghorn
score FOGHORN 3.0
body __CALM /calm/
meta CALM __CALM
describe CALM Is calm
score CALM -1.5
"""


class Spamd(Server):
    """One spamd with one child."""

    name = "spamd"
    start_seconds = 60.0

    def prepare(self) -> None:
        """Write its rules."""
        site, rules = self.folder / "site", self.folder / "rules"
        site.mkdir()
        rules.mkdir()
        (site / "init.pre").write_text(PLUGINS)
        (rules / "10_rules.cf").write_text(RULES + REPORT)

    def command(self) -> list[str]:
        """Give the command."""
        return [
            "spamd",
            "--local",
            "--nouser-config",
            f"--configpath={self.folder / 'rules'}",
            f"--siteconfigpath={self.folder / 'site'}",
            "--max-children=1",
            "--min-children=1",
            "--max-spare=1",
            f"--listen={self.address}",
            "--syslog=stderr",
            "--username=nobody",
        ]

    def ready(self) -> bool:
        """Tell whether it answers a ping."""
        return answers(self.port, b"PING SPAMC/1.5\r\n\r\n", b"PONG")

    def pause(self) -> None:
        """Make it as slow as can be: the system still takes connections for it, but nobody reads."""
        signal_all(self, signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        signal_all(self, signal.SIGCONT)


# The form of the report that comes with SpamAssassin (10_default_prefs.cf), of which only the table matters.
REPORT = """
clear_report_template
report Content analysis details:   (_SCORE_ points, _REQD_ required)
report
report " pts rule name              description"
report  ---- ---------------------- --------------------------------------------------
report _SUMMARY_
"""
