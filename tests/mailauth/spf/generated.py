"""Cases nobody thought of: zones of a few names with records put together, and then broken, by a seeded generator."""

from __future__ import annotations

from ipaddress import ip_address
from random import Random
from typing import Any, NamedTuple

from tests.mailauth.spf.zone import TIMEOUT, Zone

NAMES = ("a.example", "b.example", "c.example", "d.b.example", "mx.a.example", "void.example", "slow.example")
V4 = ("192.0.2.1", "192.0.2.77", "198.51.100.9", "203.0.113.200")
V6 = ("2001:db8::1", "2001:db8::ffff:7", "2001:db8:0:1::9", "fe80::1")
LOCAL_PARTS = ("joe", "Joe.Bloggs", "joe+tag", "strong-bad", "o'neil=x/y", "a_b,c", "x" * 64, "1")
MACROS = tuple("slodivh")
ODD = "%{}/:=.-+?~ _,\\\"'()#ü\t@0123456789azAZ"


class Case(NamedTuple):
    """One check, and the table that answers its questions."""

    client: str
    helo: str
    reverse_path: str
    table: dict[str, Any]

    @property
    def zone(self) -> Zone:
        return Zone(self.table)

    def __str__(self) -> str:
        rows = "\n".join(f"    {name}: {records}" for name, records in self.table.items())
        return f"{self.client} {self.helo} <{self.reverse_path}>\n{rows}"


def case(random: Random, *, mutated: bool) -> Case:
    """Make a case; `mutated` ones have a record with some characters changed."""
    pick = random.choice
    client = pick(V4 + V6)
    table: dict[str, Any] = {}
    for name in NAMES[:5]:
        records: dict[str, Any] = {}
        if random.random() < 0.9:
            records["A"] = random.sample(V4, random.randint(1, 3))
        if random.random() < 0.8:
            records["AAAA"] = random.sample(V6, random.randint(1, 3))
        if random.random() < 0.7:
            count = pick((1, 1, 1, 2, 2, 3, 10, 11))
            hosts = [pick(NAMES[:5]) for _ in range(count)]
            records["MX"] = [f"{number} {host}" for number, host in enumerate(hosts)]
        texts = [record(random)]
        if mutated:
            texts[0] = mutate(random, texts[0])
        if random.random() < 0.1:
            texts.append(pick((record(random), "v=spf10 -all", "v=spf1", "something else", "v=SPF1 +all")))
        records["TXT"] = texts
        table[name] = records
    table["slow.example"] = TIMEOUT
    table["exp.example"] = {
        "TXT": [pick(("%{i} is not %{s} (%{c}, %{h}, %{R})", "%{d}%_%{o}%-.", "%{x}", "100%"))]
    }
    table["mapped.example"] = {"CNAME": [pick(NAMES[:3])]}
    # None of these is slow.example: for pyspf that is a temperror, while §5.5 has such names skipped.
    names = [pick((*NAMES[:-1], "nobody.test", "www.c.example")) for _ in range(random.randint(0, 12))]
    if names:
        table[ip_address(client).reverse_pointer] = {"PTR": list(dict.fromkeys(names))}
    domain = pick(NAMES[:3])
    helo = pick(("a.example", "mx.a.example", "localhost", "[192.0.2.1]"))
    local_part = pick(LOCAL_PARTS)
    return Case(client, helo, pick((f"{local_part}@{domain}",) * 5 + ("",)), table)


def record(random: Random) -> str:
    """Write a record without a fault."""
    terms = [term(random) for _ in range(random.choice((1, 1, 2, 2, 3, 3, 4, 5, 12)))]
    if random.random() < 0.5:
        terms.append(random.choice(("-all", "~all", "?all", "all", "+ALL")))
    if random.random() < 0.2:
        terms.insert(random.randint(0, len(terms)), f"redirect={domain(random)}")
    if random.random() < 0.3:
        terms.insert(
            random.randint(0, len(terms)), random.choice(("exp=exp.example", f"exp={domain(random)}"))
        )
    if random.random() < 0.1:
        terms.insert(random.randint(0, len(terms)), random.choice(("x-y.z_1=%{d}/a", "moo=", "op=a.b")))
    return "v=spf1 " + random.choice((" ", " ", "  ")).join(terms) + random.choice(("", "", " "))


def term(random: Random) -> str:
    """Write a directive."""
    pick = random.choice
    qualifier = pick(("", "", "", "+", "-", "~", "?"))
    match pick(("ip4", "ip4", "ip6", "a", "a", "mx", "mx", "ptr", "exists", "include", "include")):
        case "ip4":
            prefix = pick(("", "", "/32", "/24", "/25", "/8", "/0"))
            return f"{qualifier}ip4:{pick((*V4, '192.0.2.0', '203.0.113.128', '10.0.0.0'))}{prefix}"
        case "ip6":
            prefix = pick(("", "", "/128", "/64", "/113", "/8", "/0"))
            return f"{qualifier}ip6:{pick((*V6, '2001:DB8::', '::1', '1:2:3:4:5:6:192.0.2.1'))}{prefix}"
        case "a" | "mx" as name:
            name = pick((name, name, name.upper()))
            where = pick(("", "", f":{domain(random)}"))
            prefix = pick(("", "", "", "/24", "//64", "/25//113", "/0", "//0", "/32//128"))
            return f"{qualifier}{name}{where}{prefix}"
        case "ptr":
            return f"{qualifier}ptr{pick(('', ':example', f':{domain(random)}')) if random.random() < 0.8 else ''}"
        case name:
            return f"{qualifier}{name}:{domain(random)}"


def domain(random: Random) -> str:
    """Write a domain-spec: mostly a name that there is, sometimes one with macros."""
    pick = random.choice
    if random.random() < 0.75:
        return pick((*NAMES[:5] * 3, *NAMES, "mapped.example", "A.EXAMPLE", "b.example."))
    if random.random() < 0.3:
        return "%{d}" if random.random() < 0.5 else "%{o}"
    return f"{macro(random)}{pick(('.', '-', '._spf.', '%%.', '%_.', '%-'))}{pick(NAMES)}"


def macro(random: Random) -> str:
    """Write a macro with transformers."""
    pick = random.choice
    letter = pick(MACROS)
    letter = letter.upper() if random.random() < 0.2 else letter
    keep, reverse = pick(("", "", "1", "2", "3", "9")), pick(("", "", "r"))
    return f"%{{{letter}{keep}{reverse}{pick(('', '', '-', '+', '.-', ',/_='))}}}"


def mutate(random: Random, text: str) -> str:
    """Change, drop, repeat or add a few characters."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = random.randrange(7, len(text) + 1) if len(text) > 7 else len(text)
        match random.randrange(4):
            case 0:
                text = text[:at] + random.choice(ODD) + text[at:]
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = text[:at] + random.choice(ODD) + text[at + 1 :]
            case _:
                text = text[:at] + text[at : at + 4] + text[at:]
    return text
