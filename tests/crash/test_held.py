"""Kill -9 while a held message is released: it arrives, and the journal tells once who let it go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from gatepost.journal.records import Attempt, HeldBack, Released
from tests.crash.test_kill import Mortal
from tests.delivery.next_hop import NextHop, wait_until
from tests.dialogues.test_held import held, sent, to, told
from tests.peers.gateway import Gateway, environment

FreePort = Callable[[], int]


@pytest.mark.slow
def test_a_release_is_recorded_once_and_lost_never_whenever_the_gateway_is_killed(
    free_port: FreePort,
) -> None:
    with NextHop() as hop, Mortal(free_port(), settings=to(hop)) as gateway:
        messages = [sent(gateway) for _ in range(8)]
        assert wait_until(lambda: len(held(gateway)) == 8)
        for number, message in enumerate(messages):
            command = [sys.executable, "-m", "gatepost", "quarantine", "release", message, "--by", "Ann"]
            asking = subprocess.Popen(
                [*command, "-c", str(gateway.config)], env=environment(), stdout=subprocess.DEVNULL
            )
            # At another moment for each: as soon as it is ordered, or as soon as the journal has it. An order may be
            # carried out between two looks at it; then the journal tells.
            assert wait_until(
                lambda m=message, n=number: (not n % 2 and placed(gateway)) or told(gateway, m, Released), 20
            )  # type: ignore[misc]
            for worker in gateway.workers():
                os.kill(worker, signal.SIGKILL)
            assert asking.wait(60) == 0
        assert wait_until(lambda: {m.gateway_id for m in hop.messages} == set(messages), 30)
        assert wait_until(lambda: all(told(gateway, message, Attempt) for message in messages), 30)
        for message in messages:
            assert len(told(gateway, message, Released)) == 1
            assert len(told(gateway, message, HeldBack)) == 1
        assert held(gateway) == []
        assert "Traceback" not in gateway.output.read_text()


def placed(gateway: Gateway) -> bool:
    """Tell whether an order waits."""
    return any((gateway.data_dir / "spool/0/orders").glob("*.order"))
