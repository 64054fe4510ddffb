"""The engines that the settings name, for those who ask them: the checks of a worker, and `gatepost check`."""

from __future__ import annotations

from collections.abc import Callable

from gatepost.checks.check import Dialer
from gatepost.checks.content.engines.engine import Engine
from gatepost.checks.content.engines.icap import Icap
from gatepost.checks.content.engines.rspamd import Rspamd
from gatepost.checks.content.engines.spamassassin import SpamAssassin
from gatepost.checks.settings import ChecksSettings


def engines_of(wanted: ChecksSettings, dial: Dialer, monotonic: Callable[[], float]) -> list[Engine]:
    """Make a client for each engine that is named; none has a connection yet. Wants a running event loop."""
    engines: list[Engine] = []
    if wanted.rspamd is not None:
        engines.append(Rspamd(wanted.rspamd, dial, monotonic))
    if wanted.spamassassin is not None:
        engines.append(SpamAssassin(wanted.spamassassin, dial, monotonic))
    if wanted.icap is not None:
        engines.append(Icap(wanted.icap, dial, monotonic))
    return engines
