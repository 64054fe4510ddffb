"""DMARC cases nobody thought of: an author domain, who vouched for what, and the records of all names above them.

By a seeded generator. The names of a case end in a domain of its own, so that one table may hold the records of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from gatepost.mailauth.dmarc.evaluate import Identifier
from tests.mailauth.dmarc.zone import Zone

LABELS = ("a", "b", "mail", "news")
REGISTRIES = ("com", "com", "co.uk", "org.au", "github.io")
POLICIES = ("none", "quarantine", "reject")
ODD = ";=: ,!\t\"'%.psnvrtDMARC1ü0"


class Case(NamedTuple):
    """An author domain, the identifiers that passed, and DNS: records by name, names that exist, names that fail."""

    author: str
    identifiers: tuple[Identifier, ...]
    records: Mapping[str, Sequence[str]]
    exist: Sequence[str] = ()
    fail: Sequence[str] = ()

    @property
    def zone(self) -> Zone:
        return Zone(self.records, self.exist, self.fail)

    def domains(self, mechanism: str) -> list[str]:
        """Give the domains that a mechanism vouched for."""
        return [one.domain for one in self.identifiers if one.mechanism == mechanism]

    def __str__(self) -> str:
        rows = "\n".join(f"    {name}: {records}" for name, records in self.records.items())
        ids = [f"{one.mechanism}={one.domain}" for one in self.identifiers]
        return f"{self.author} {ids}\n{rows}\n    exist: {self.exist}, fail: {self.fail}"


def registered(random: Random, number: int) -> tuple[str, str]:
    """Give the registered domain of a case, and the public suffix that it is registered below."""
    registry = random.choice(REGISTRIES)
    return f"n{number}.{registry}", registry


def case(random: Random, number: int, *, mutated: bool) -> Case:
    """Make a case with records anywhere in the tree and failures of DNS; `mutated` ones have a broken record."""
    top, _ = registered(random, number)
    author = _below(random, top, deepest=9)
    domains = [
        random.choice((author, _below(random, top, deepest=9), author.split(".", 1)[-1], f"mail.{author}"))
        for _ in range(random.choice((0, 1, 1, 2, 3)))
    ]
    records: dict[str, list[str]] = {}
    exist: list[str] = []
    fail: list[str] = []
    for name in dict.fromkeys(above for domain in (author, *domains) for above in _upward(domain)):
        chance = random.random()
        if chance < (0.3 if "." in name else 0.08):
            texts = [record(random) for _ in range(random.choice((1, 1, 1, 1, 1, 2)))]
            texts += random.choice(([], [], ["v=spf1 -all"]))
            records[f"_dmarc.{name}"] = [mutate(random, text) for text in texts] if mutated else texts
        elif chance > 0.97:
            fail.append(f"_dmarc.{name}")
        if random.random() < 0.6:
            exist.append(name)
        elif random.random() < 0.05:
            fail.append(name)
    return Case(author, _identifiers(random, domains), records, exist, fail)


def plain_case(random: Random, number: int, *, mutated: bool) -> Case:
    """Make a case as RFC 7489 knew them: a record at the author domain or where it is registered, and no failure."""
    top, registry = registered(random, number)
    author = _below(random, top, deepest=2)
    domains = [
        _below(random, random.choice((top, top, top, f"other.{registry}", f"x{number}.org")), deepest=2)
        for _ in range(random.randint(0, 3))
    ]
    records = {}
    for name in {author, top}:
        if random.random() < 0.6:
            text = record(random, old=True)
            records[f"_dmarc.{name}"] = [mutate(random, text) if mutated else text]
    return Case(author, _identifiers(random, domains), records)


def record(random: Random, *, old: bool = False) -> str:
    """Write a record, mostly a right one; `old` ones are right, and have no tag that RFC 7489 did not know."""
    pick, chance = random.choice, random.random
    tags = ["p=" + pick((*POLICIES, "reject") if old else (*POLICIES, "reject", "bogus"))]
    if not old and chance() < 0.07:
        tags = []
    if chance() < 0.3:
        tags.append("sp=" + pick(POLICIES if old else (*POLICIES, "x")))
    if chance() < 0.3:
        tags.append("adkim=" + pick("rs" if old else "rsR "))
    if chance() < 0.3:
        tags.append("aspf=" + pick("rs"))
    if chance() < 0.3:
        uris = ("mailto:a@b.example", "mailto:a@b.example!10m", "mailto:x@y.example,mailto:q@r.example")
        tags.append("rua=" + pick(uris if old else (*uris, "a@b.example", "")))
    if old:
        tags += ["pct=100"] if chance() < 0.2 else []
        return "v=DMARC1; " + "; ".join(tags)
    if chance() < 0.3:
        tags.append("np=" + pick(POLICIES))
    if chance() < 0.2:
        tags.append("psd=" + pick("ynuz"))
    if chance() < 0.2:
        tags.append("t=" + pick("yn"))
    if chance() < 0.1:
        tags.append(pick(("pct=50", "foo", "=x", "p=none", "junk=1")))
    if chance() < 0.3:
        random.shuffle(tags)
    version = (
        pick(("v=DMARC1;", "V = DMARC1 ;", "v=DMARC1 ", "v=dmarc1;")) if chance() < 0.2 else "v=DMARC1; "
    )
    return version + pick(("; ", ";", " ; ")).join(tags) + pick(("", ";"))


def mutate(random: Random, text: str) -> str:
    """Change, drop or add one to three characters."""
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(text))
        text = text[:at] + random.choice(("", *ODD)) + text[at + random.choice((0, 1)) :]
    return text


def _below(random: Random, top: str, *, deepest: int) -> str:
    depth = min(random.choice((0, 0, 1, 1, 2, 3, 6, 9)), deepest)
    return ".".join([*(random.choice(LABELS) for _ in range(depth)), top])


def _upward(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def _identifiers(random: Random, domains: list[str]) -> tuple[Identifier, ...]:
    spf = 1 if random.random() < 0.5 else 0
    return tuple(
        [Identifier("spf" if at < spf else "dkim", domain, "pass") for at, domain in enumerate(domains)]
    )
