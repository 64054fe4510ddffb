"""The resolver remembers, joins equal questions, and bounds both; a real Unbound and NSD are behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.gateway.resolver import resolver as module
from gatepost.gateway.resolver.resolver import DnsResolver, system_servers
from gatepost.gateway.resolver.wire import Said
from gatepost.mail.dns import Answer, Kind, Status
from tests.gateway.resolver.asking import AT, ask, with_resolver
from tests.peers.bad_nameserver import BIG, BadNameserver
from tests.peers.nsd import Nsd
from tests.peers.unbound import Unbound

RECORDS = """\
@ A 192.0.2.10
@ A 192.0.2.11
@ AAAA 2001:db8::10
@ MX 20 mx2
@ MX 10 MX1
@ TXT "v=spf1 " "mx -all"
@ TXT "other"
www CNAME @
far CNAME www
out CNAME nowhere.example.
gone CNAME missing
ptr PTR Mail.Example.Test.
long TXT {long}
empty.below A 192.0.2.1
odd+name=x TXT "odd"
"""

peers = pytest.mark.peer("nsd", "unbound")


@pytest.fixture(scope="module")
def bad(free_port: Callable[[], int]) -> Iterator[BadNameserver]:
    with BadNameserver(free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def unbound(free_port: Callable[[], int], bad: BadNameserver) -> Iterator[Unbound]:
    long = " ".join(f'"{"k" * 250}"' for _ in range(20))
    with (
        Nsd(free_port(), {"good.example": RECORDS.format(long=long)}) as nsd,
        Unbound(free_port(), {"good.example": nsd.address, "bad.example": bad.address}) as server,
    ):
        yield server


@peers
@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("good.example", "MX", ("10 mx1.good.example", "20 mx2.good.example")),
        ("Good.EXAMPLE.", "AAAA", ("2001:db8::10",)),
        ("good.example", "NS", ("ns.good.example",)),
        ("good.example", "SOA", ("ns.good.example hostmaster.good.example 1 3600 600 86400 60",)),
        ("ptr.good.example", "PTR", ("mail.example.test",)),
        ("long.good.example", "TXT", ("k" * 5000,)),
        ("far.good.example", "CNAME", ("www.good.example",)),
        ("far.good.example", "AAAA", ("2001:db8::10",)),
        ("odd+name=x.good.example", "TXT", ("odd",)),
    ],
)
def test_records_come_from_a_real_resolver(
    unbound: Unbound, name: str, kind: Kind, records: tuple[str, ...]
) -> None:
    answer = ask(unbound.address, name, kind)
    assert (answer.status, answer.records) == (Status.FOUND, records)
    assert answer.name == name.lower().removesuffix(".")
    assert (answer.kind, answer.at) == (kind, AT)
    assert 0 < answer.ttl <= 300


@peers
def test_sets_of_records_are_whole(unbound: Unbound) -> None:
    assert sorted(ask(unbound.address, "www.good.example", "A").records) == ["192.0.2.10", "192.0.2.11"]
    assert sorted(ask(unbound.address, "good.example", "TXT").records) == ["other", "v=spf1 mx -all"]


@peers
@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("nobody.good.example", "A", Status.ABSENT),
        ("gone.good.example", "A", Status.ABSENT),
        ("below.good.example", "A", Status.EMPTY),
        ("ptr.good.example", "TXT", Status.EMPTY),
        ("www.good.example", "PTR", Status.EMPTY),
    ],
)
def test_nothing_has_two_forms_and_a_time(unbound: Unbound, name: str, kind: Kind, status: Status) -> None:
    answer = ask(unbound.address, name, kind)
    assert (answer.status, answer.records, answer.reason) == (status, (), "")
    assert 0 < answer.ttl <= 60


@peers
def test_a_slow_or_large_authority_behind_a_real_resolver_is_no_failure(unbound: Unbound) -> None:
    # Before the next test: after that, Unbound thinks little of that server.
    assert ask(unbound.address, "slow-600.bad.example").found
    assert len(ask(unbound.address, "big.bad.example").records) == BIG
    assert ask(unbound.address, "tcp.bad.example").found
    assert ask(unbound.address, "formerr.bad.example").found


@peers
@pytest.mark.parametrize("way", ["servfail", "refused", "nothing", "loop", "lame", "garbage", "cut"])
def test_a_bad_authority_behind_a_real_resolver_is_a_failure(unbound: Unbound, way: str) -> None:
    answer = ask(unbound.address, f"{way}.bad.example", timeout=0.5, tries=2)
    assert answer.status is Status.FAILED
    assert unbound.address in answer.reason


@peers
def test_names_that_lead_to_nobody_fail(unbound: Unbound) -> None:
    assert ask(unbound.address, "out.good.example").failed


@pytest.mark.parametrize("name", ["", ".", "a..test", "x" * 64 + ".test", "ü.test", "a." * 130])
def test_a_name_that_cannot_be_asked_is_absent(bad: BadNameserver, name: str) -> None:
    before = bad.asked.total()
    assert ask(bad.address, name).status is Status.ABSENT
    assert bad.asked.total() == before


def test_an_answer_is_remembered(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> list[Answer]:
        return [await resolver.ask(name, "A") for name in ("good.kept.test", "GOOD.kept.test.") for _ in "12"]

    answers = with_resolver(bad.address, use)
    assert bad.asked["good.kept.test"] == 1
    assert len(set(map(id, answers))) == 1


@pytest.mark.parametrize("way", ["servfail", "absent", "nosoa", "loop"])
def test_what_failed_or_is_not_there_is_remembered_too(bad: BadNameserver, way: str) -> None:
    async def use(resolver: DnsResolver) -> list[Answer]:
        return [await resolver.ask(f"{way}.kept.test", "A") for _ in range(3)]

    answers = with_resolver(bad.address, use)
    assert bad.asked[f"{way}.kept.test"] == 1
    assert answers[0] is answers[2]


def test_nothing_is_remembered_without_a_cache(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> None:
        for _ in range(3):
            await resolver.ask("good.uncached.test", "A")

    with_resolver(bad.address, use, cache_size=0)
    assert bad.asked["good.uncached.test"] == 3


def test_the_cache_has_an_end_and_the_oldest_goes_first(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> None:
        for number in (1, 2, 3, 4, 2, 3, 4, 1):
            await resolver.ask(f"good-{number}.small.test", "A")

    with_resolver(bad.address, use, cache_size=3)
    assert [bad.asked[f"good-{number}.small.test"] for number in (1, 2, 3, 4)] == [2, 1, 1, 1]


def test_a_long_answer_is_given_but_not_kept(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> None:
        for _ in range(2):
            assert (await resolver.ask("huge.long.test", "TXT")).found

    with_resolver(bad.address, use)
    assert bad.by_tcp["huge.long.test"] == 2


class _Scripted:
    """Stand in for the exchange: settle each question with the next answer, at once or when told."""

    def __init__(self, *answers: Said) -> None:
        self.answers = list(answers)
        self.waiting: list[Callable[[Said | None, str], None]] = []
        self.sent: list[bytes] = []

    def send(self, name: bytes, kind: Kind, settle: Callable[[Said | None, str], None]) -> None:
        self.sent.append(name)
        if self.answers:
            settle(self.answers.pop(0), "")
        else:
            self.waiting.append(settle)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (Said(0, records=("192.0.2.1",), ttl=60), 60),
        (Said(0, records=("192.0.2.1",), ttl=0), 0),
        (Said(0, records=("192.0.2.1",), ttl=1 << 30), module.MAX_TTL),
        (Said(3, ttl=60), 60),
        (Said(3, ttl=1 << 30), module.MAX_NEGATIVE_TTL),
        (Said(0, ttl=0), 0),
        (Said(0), module.FAILURE_TTL),
    ],
)
def test_an_answer_is_remembered_for_as_long_as_it_says_within_bounds(
    monkeypatch: pytest.MonkeyPatch, said: Said, seconds: float
) -> None:
    async def use(resolver: DnsResolver) -> list[int]:
        exchange: Any = _Scripted(*[said] * 3)
        now = [1000.0]
        resolver._exchange.close()
        resolver._exchange = exchange
        monkeypatch.setattr(resolver, "_loop", _Loop(now))
        sent = []
        for at in (0, seconds - 0.01 if seconds else 0, seconds + 0.01):
            now[0] = 1000.0 + at
            await resolver.ask("a.test", "A")
            sent.append(len(exchange.sent))
        return sent

    assert with_resolver("127.0.0.1", use, loop="asyncio") == ([1, 1, 2] if seconds else [1, 2, 3])


class _Loop:
    """A loop whose time is chosen."""

    def __init__(self, now: list[float]) -> None:
        self.now = now
        self.create_future = asyncio.get_running_loop().create_future

    def time(self) -> float:
        return self.now[0]


def test_many_askers_of_one_name_ask_once(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> list[Answer]:
        return await asyncio.gather(*[resolver.ask("slow-100.same.test", "A") for _ in range(50)])

    answers = with_resolver(bad.address, use)
    assert all(answer.found for answer in answers)
    assert bad.asked["slow-100.same.test"] == 1


def test_an_asker_that_gives_up_takes_nothing_from_the_others(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> Answer:
        first = asyncio.ensure_future(resolver.ask("slow-200.gone.test", "A"))
        second = asyncio.ensure_future(resolver.ask("slow-200.gone.test", "A"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    assert with_resolver(bad.address, use).found
    assert bad.asked["slow-200.gone.test"] == 1


def test_questions_wait_in_a_line_that_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ON_THEIR_WAY", 2)
    monkeypatch.setattr(module, "MAX_IN_LINE", 3)

    async def use(resolver: DnsResolver) -> tuple[int, list[Answer]]:
        exchange: Any = _Scripted()
        resolver._exchange = exchange
        asked = [asyncio.ensure_future(resolver.ask(f"{number}.test", "A")) for number in range(6)]
        await asyncio.sleep(0)
        sent = len(exchange.sent)
        while exchange.waiting:
            exchange.waiting.pop()(Said(0, records=("192.0.2.1",), ttl=1), "")
            await asyncio.sleep(0)
        return sent, await asyncio.gather(*asked)

    sent, answers = with_resolver("127.0.0.1", use)
    assert sent == 2
    assert [answer.found for answer in answers] == [True] * 5 + [False]
    assert answers[5].reason == "3 questions wait already"


def test_a_long_line_is_worked_off_when_no_server_can_be_reached(
    monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> None:
    monkeypatch.setattr(module, "MAX_ON_THEIR_WAY", 2)

    async def use(resolver: DnsResolver) -> list[Answer]:
        return await asyncio.gather(*[resolver.ask(f"{number}.test", "A") for number in range(3000)])

    answers = with_resolver(f"127.0.0.1:{free_port()}", use)
    assert all(answer.failed for answer in answers)


def test_the_systems_name_servers_are_read(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(
        "# nameserver 192.0.2.9\nsearch example.org\nnameserver 192.0.2.1\nnameserver\n"
        "nameserver what\nnameserver 2001:db8::1\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n"
    )
    assert system_servers(conf) == (("192.0.2.1", 53), ("2001:db8::1", 53), ("192.0.2.3", 53))
    conf.write_text("")
    assert system_servers(conf) == (("127.0.0.1", 53),)
    assert system_servers(tmp_path / "none") == (("127.0.0.1", 53),)
