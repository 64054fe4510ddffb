"""The engines that the settings name."""

from __future__ import annotations

import asyncio
import time

from gatepost.checks.settings import ChecksSettings
from gatepost.gateway.engines import engines_of
from tests.peers.clamd import dial


def test_an_engine_is_there_when_it_is_named() -> None:
    async def run() -> None:
        assert engines_of(ChecksSettings(), dial, time.monotonic) == []
        wanted = ChecksSettings.model_validate(
            {
                "icap": {"url": "icap://127.0.0.1/x"},
                "rspamd": {"address": "127.0.0.1:2"},
                "spamassassin": {"address": "127.0.0.1:3"},
            }
        )
        labels = [engine.label for engine in engines_of(wanted, dial, time.monotonic)]
        assert labels == [
            "Rspamd at 127.0.0.1:2",
            "spamd at 127.0.0.1:3",
            "the scanner at icap://127.0.0.1/x",
        ]

    asyncio.run(run())
