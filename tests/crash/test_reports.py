"""Kill -9 while the DMARC reports of a day are being sent, again and again: each is taken once, none is lost."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.gateway.dmarc import daily, sent
from gatepost.gateway.dmarc.outgoing import SETTLED
from gatepost.gateway.settings import load
from gatepost.journal.reader import records
from gatepost.journal.records import Noted, Reception
from tests.crash.test_kill import Mortal
from tests.delivery.next_hop import NextHop, wait_until
from tests.gateway.dmarc.day import OURS, asks, newest_day, write_mail

DOMAINS = 150
KILLS = 6
WORKERS = 2


class Started(Mortal):
    """A gateway whose journal has a day of mail before it starts."""

    def prepare(self) -> None:
        super().prepare()
        domains = [f"d{number}.test" for number in range(DOMAINS)]
        write_mail(
            self.data_dir / "journal", [newest_day()], {name: asks(f"dmarc@{name}") for name in domains}
        )

    def errand(self) -> list[int]:
        """Give the process that sends the reports, if it is there."""
        return [pid for pid in self.workers() if Path(f"/proc/{pid}/stat").read_text().split()[18] == "10"]


def taken(gateway: Mortal) -> Counter[str]:
    """Count by Message-ID what the gateway took."""
    return Counter(
        record.message_id
        for record in records(gateway.data_dir / "journal", time.time() - 3600)
        if isinstance(record, Reception) and record.message_id and record.reply.positive
    )


@pytest.mark.slow
def test_each_report_is_taken_once_through_kills_of_everything(free_port: Callable[[], int]) -> None:
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CRASH_SEED={seed}")
    chance = random.Random(seed)
    with NextHop() as hop:
        settings = {
            "workers": WORKERS,
            "domain": [{"name": OURS, "next_hop": [hop.address]}, {"name": "*", "next_hop": [hop.address]}],
            "dmarc": {"reports_from": f"reports@{OURS}"},
        }
        with Started(free_port(), settings=settings) as gateway:
            log_of = gateway.data_dir / "dmarc/sent"
            for kill in range(KILLS):
                begun = len(sent.read(log_of, newest_day()).ended)
                wait_until(lambda b=begun: len(sent.read(log_of, newest_day()).ended) > b + 5)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.02))
                if kill % 3 == 0:  # the errand alone: it would come again in a minute
                    for pid in gateway.errand():
                        os.kill(pid, signal.SIGKILL)
                if kill % 3 == 1:  # a worker in the middle of a report
                    os.kill(chance.choice(gateway.workers()[:WORKERS]), signal.SIGKILL)
                    time.sleep(chance.uniform(0, 0.2))
                gateway.kill()
                gateway.start_again()
            state = sent.read(log_of, newest_day())
            assert state.finished is None, "too little was left to show anything"
            wait_until(lambda: len(sent.read(log_of, newest_day()).ended) >= DOMAINS - KILLS)
            wait_until(lambda: not gateway.errand())
            doubtful = len(sent.read(log_of, newest_day()).doubtful)
            later = itertools.count(1)  # each try a minute after the one before, as the supervisor would

            def report() -> bool:
                moment = time.time() + next(later) * (SETTLED + 1)
                return asyncio.run(daily.report(load(gateway.config), lambda: moment))

            assert wait_until(report), gateway.words()
            found = sent.read(log_of, newest_day())
            assert found.finished is not None
            assert found.finished.sent == DOMAINS
            counts = taken(gateway)
            assert len(counts) == DOMAINS
            assert [message_id for message_id, count in counts.items() if count > 1] == []
            wait_until(lambda: len({message.recipients for message in hop.messages}) == DOMAINS)
            twice = len(hop.messages) - DOMAINS
            noted = sum(
                isinstance(record, Noted) and record.event == "interrupted"
                for record in records(gateway.data_dir / "journal", time.time() - 3600)
            )
            assert twice <= noted
            assert "Traceback" not in gateway.output.read_text()
            print(
                f"{DOMAINS} reports, {KILLS} kills of everything, {doubtful} left in doubt, {twice} delivered twice"
            )
