"""Who sends in the name of a domain, and what is to be done: the sense of many aggregate reports (RFC 9990).

Pure. Rows are summed by address; then each address gets a standing by the best it can show, and those that show the
same domain are one source. Whoever wrote the reports can have written anything; sums are of what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

from gatepost.mailauth.dmarc.report import Report, Row

MAX_ADDRESSES: Final = 100_000  # that are told apart; the rest counts as one
SHOWN: Final = 5  # addresses and reporters that a source names
_NOISE: Final = (
    0.02  # the part of failures that is no fault of a server: forwarders break SPF, lists break DKIM
)

Standing = Literal["own", "named", "signed", "broken", "other", "nobody"]
# In order of what to look at first, when something failed.
STANDINGS: Final[dict[Standing, str]] = {
    "own": "one of your own servers",
    "named": "your SPF record names it",
    "broken": "your signature, but it does not fit",
    "other": "sends as itself, in your name",
    "signed": "passes on what you signed",
    "nobody": "without any proof",
}


class Source(Struct, frozen=True, kw_only=True, gc=False):
    """One sender in the name of a domain: an address, or all that show the same domain, or all that show nothing.

    `addresses` are those with the most messages, of `address_count`; `passed` counts messages that passed DMARC,
    `spf` and `dkim` those that did by that way; `quarantined` and `rejected` what their receivers did. `move`
    says in a sentence what to do, "" when nothing.
    """

    name: str
    standing: Standing
    addresses: tuple[str, ...]
    address_count: int
    messages: int
    passed: int
    spf: int
    dkim: int
    quarantined: int
    rejected: int
    reporters: tuple[str, ...]
    move: str

    @property
    def failed(self) -> int:
        """How many messages did not pass."""
        return self.messages - self.passed

    @property
    def who(self) -> str:
        """Say who it is, in words."""
        return STANDINGS[self.standing]


class DomainView(Struct, frozen=True, kw_only=True, gc=False):
    """What was reported of one domain between two times (seconds since 1970), with the newest policy seen."""

    domain: str
    policy: str
    begin: int
    end: int
    reports: int
    organizations: tuple[str, ...]
    messages: int
    passed: int
    sources: tuple[Source, ...]


class _Sum:
    """What one address, or several, did."""

    __slots__ = ("addresses", "broken", "dkim", "done", "messages", "passed", "reporters", "shown", "spf")

    def __init__(self) -> None:
        self.messages = self.passed = self.spf = self.dkim = self.broken = 0
        self.done: Counter[str] = Counter()
        self.reporters: Counter[str] = Counter()
        self.shown: Counter[str] = Counter()  # domains of others that it proved to speak for
        self.addresses: Counter[str] = Counter()

    def add(self, row: Row, domain: str, reporter: str) -> None:
        count = row.count
        self.messages += count
        self.passed += count if "pass" in (row.spf, row.dkim) else 0
        self.spf += count if row.spf == "pass" else 0
        self.dkim += count if row.dkim == "pass" else 0
        self.done[row.disposition] += count
        self.reporters[reporter] += count
        if row.dkim != "pass" and any(
            _is_within(one.domain, domain) and one.result not in ("pass", "none", "")
            for one in row.signatures
        ):
            self.broken += count
        for shown in _shown(row):
            if not _is_within(shown, domain):
                self.shown[shown] += count

    def take(self, other: _Sum) -> None:
        self.messages += other.messages
        self.passed += other.passed
        self.spf += other.spf
        self.dkim += other.dkim
        self.broken += other.broken
        self.done += other.done
        self.reporters += other.reporters
        self.addresses += other.addresses


def view(
    domain: str, reports: Iterable[Report], is_ours: Callable[[str], bool], registered: Callable[[str], str]
) -> DomainView:
    """Make sense of the reports about a domain.

    `is_ours` tells whether an address is of our own servers, `registered` gives the registered domain of a name.
    """
    by_address: dict[str, _Sum] = {}
    organizations: Counter[str] = Counter()
    policy, begin, end, count, newest = "", 0, 0, 0, -1
    for report in reports:
        count += 1
        organizations[report.org_name] += report.messages
        begin = min(begin, report.begin) if count > 1 else report.begin
        end = max(end, report.end)
        if report.begin > newest:
            newest, policy = report.begin, report.policy.p
        for row in report.rows:
            address = row.source_ip if row.source_ip in by_address or len(by_address) < MAX_ADDRESSES else ""
            by_address.setdefault(address, _Sum()).add(row, domain, report.org_name)
    sources = sorted(_sources(domain, policy, by_address, is_ours, registered), key=_order)
    return DomainView(
        domain=domain,
        policy=policy,
        begin=begin,
        end=end,
        reports=count,
        organizations=tuple([name for name, _ in organizations.most_common()]),
        messages=sum(source.messages for source in sources),
        passed=sum(source.passed for source in sources),
        sources=tuple(sources),
    )


def _sources(
    domain: str,
    policy: str,
    by_address: dict[str, _Sum],
    is_ours: Callable[[str], bool],
    registered: Callable[[str], str],
) -> Iterator[Source]:
    sums: dict[tuple[Standing, str], _Sum] = {}
    for address, one in by_address.items():
        standing = _standing(one, is_ours(address))
        shown = next((name for name, _ in one.shown.most_common(1)), "")
        match standing:
            case "own":
                name = address
            case "nobody":
                name = ""
            case _:
                name = (registered(shown) or shown) if shown else address
        one.addresses[address] += one.messages
        sums.setdefault((standing, name), _Sum()).take(one)
    for (standing, name), one in sums.items():
        yield Source(
            name=name or _number(len(one.addresses)),
            standing=standing,
            addresses=tuple([address for address, _ in one.addresses.most_common(SHOWN)]),
            address_count=len(one.addresses),
            messages=one.messages,
            passed=one.passed,
            spf=one.spf,
            dkim=one.dkim,
            quarantined=one.done["quarantine"],
            rejected=one.done["reject"],
            reporters=tuple([reporter for reporter, _ in one.reporters.most_common(SHOWN)]),
            move=_move(standing, name, domain, policy, one),
        )


def _number(addresses: int) -> str:
    return "one address" if addresses == 1 else f"{addresses} addresses"


def _standing(one: _Sum, is_ours: bool) -> Standing:
    if is_ours:
        return "own"
    if one.spf:
        return "named"
    if one.dkim:
        return "signed"
    if one.broken:
        return "broken"
    return "other" if one.shown else "nobody"


def _move(standing: Standing, name: str, domain: str, policy: str, one: _Sum) -> str:
    """Say what to do about a source, "" when nothing."""
    failed = one.messages - one.passed
    if not failed or (standing in ("own", "named", "signed") and failed < one.messages * _NOISE):
        return ""
    match standing:
        case "own" | "named":
            ways = [
                f"let it sign for {domain} (DKIM)" if one.dkim < one.messages else "",
                f"let the SPF record of {domain} name it, and its reverse-paths be of {domain}"
                if one.spf < one.messages
                else "",
            ]
            return f"what it sends fails: {' and '.join(filter(None, ways))}"
        case "broken":
            return (
                f"find out whether the key in DNS fits what signs for {domain}; if it is a mailing list or a "
                "forwarder, it changes messages, and nothing is to be done here"
            )
        case "other":
            return f"if {name} sends for you, let it sign for {domain} (DKIM); if you do not know it, it is forged"
        case "signed":
            return "some of what it passes on fails: a forwarder or a list that changes messages"
        case "nobody":
            refused = one.done["reject"] + one.done["quarantine"]
            if policy in ("quarantine", "reject") or refused >= failed:
                return ""
            return (
                f"forged, unless a server of yours is among them; once all of yours pass, publish p=quarantine "
                f"and then p=reject for {domain}"
            )


def _order(source: Source) -> tuple[bool, int, int]:
    """Put first what needs a move, and of that what is nearest to us; then by number."""
    if source.move:
        return False, list(STANDINGS).index(source.standing), -source.failed
    return True, 0, -source.messages


def _shown(row: Row) -> Iterator[str]:
    """Give the domains that a message proved to speak for, aligned or not."""
    for signature in row.signatures:
        if signature.result == "pass" and signature.domain:
            yield signature.domain.lower()
    for spf in row.spf_results:
        if spf.result == "pass" and spf.domain:
            yield spf.domain.lower()


def _is_within(name: str, domain: str) -> bool:
    name = name.lower()
    return name == domain or name.endswith(f".{domain}") or (bool(name) and domain.endswith(f".{name}"))
