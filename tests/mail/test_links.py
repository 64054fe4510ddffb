"""What is written and what is opened: each address leads where a browser would go, and what hides that is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.links import (
    MAX_FOUND,
    MAX_INNER,
    Trick,
    addresses_in,
    addresses_within,
    read_address,
    shown_address,
)

BASE = read_address("https://base.test/folder/")


def lead(text: str) -> str:
    address = read_address(text)
    return str(address) if address is not None else ""


def tricks(text: str) -> tuple[Trick, ...]:
    address = read_address(text)
    assert address is not None
    return address.tricks


def found(text: str) -> list[str]:
    return [str(address) for address in addresses_in(text)]


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("http://evil.test", "http://evil.test/"),
        ("HTTPS://Evil.TEST./A?b#c", "https://evil.test/A?b#c"),
        (" \thttps://evil.test/ \n", "https://evil.test/"),
        ("https:evil.test", "https://evil.test/"),
        ("https:/evil.test/x", "https://evil.test/x"),
        ("https:////evil.test/x", "https://evil.test/x"),
        ("//evil.test/a", "https://evil.test/a"),
        ("\\\\evil.test\\a", "https://evil.test/a"),
        ("http://evil.test:80/", "http://evil.test/"),
        ("http://evil.test:8080?x#y", "http://evil.test:8080?x#y"),
        ("https://evil.test:/", "https://evil.test/"),
        ("ftp://evil.test:21/f", "ftp://evil.test/f"),
        ("www.evil.test/x", "http://www.evil.test/x"),
        ("evil.test/login", "http://evil.test/login"),
        ("hxxps://evil.test", "https://evil.test/"),
        ("http://EVIL\u3002test/", "http://evil.test/"),
        ("http://m\u00fcnchen.example", "http://xn--mnchen-3ya.example/"),
        ("http://fa\u00df.example", "http://xn--fa-hia.example/"),
        ("http://a_b.evil.test", "http://a_b.evil.test/"),
        ("http://[2001:DB8::1]:443/", "http://[2001:db8::1]:443/"),
        ("http://[::ffff:192.0.2.1]/", "http://192.0.2.1/"),
        ("http://192.0.2.1./", "http://192.0.2.1/"),
    ],
)
def test_an_address_leads_where_a_browser_goes(written: str, opened: str) -> None:
    assert lead(written) == opened


@pytest.mark.parametrize(
    ("written", "host", "trick"),
    [
        ("https://bank.example@evil.test/", "evil.test", Trick.USERINFO),
        ("https://bank.example%2Flogin@evil.test/", "evil.test", Trick.USERINFO),
        ("https://a@b@evil.test/", "evil.test", Trick.USERINFO),
        ("http://3221226037/", "192.0.2.53", Trick.NUMBER),
        ("http://0xC0.0.2.53/", "192.0.2.53", Trick.HEXADECIMAL),
        ("http://0xC0000235/", "192.0.2.53", Trick.HEXADECIMAL),
        ("http://0300.0.2.065/", "192.0.2.53", Trick.OCTAL),
        ("http://192.0.565/", "192.0.2.53", Trick.SHORT),
        ("http://%65vil.test/", "evil.test", Trick.PERCENT),
        ("http://evil%2Etest/", "evil.test", Trick.PERCENT),
        ("http://%31%39%32.0.2.53/", "192.0.2.53", Trick.PERCENT),
        ("http://ev\u00adil.test/", "evil.test", Trick.INVISIBLE),
        ("http://ev\u200bil.test/", "evil.test", Trick.INVISIBLE),
        ("http://\uff45\uff56\uff49\uff4c.test/", "evil.test", Trick.LETTERS),
        ("http://\u24bcoogle.test/", "google.test", Trick.LETTERS),
        ("http://\u0430\u0440\u0440le.test/", "xn--le-6kc8da.test", Trick.MIXED),
        ("http://xn--le-6kc8da.test/", "xn--le-6kc8da.test", Trick.MIXED),
        ("http://\u0430\u0440\u0440\u04cf\u0435.test", "xn--80ak6aa92e.test", Trick.LOOKS_LATIN),
        ("http:/\\evil.test", "evil.test", Trick.BACKSLASH),
        ("http://ev\til.test/", "evil.test", Trick.BROKEN),
        ("ht\ntp://evil.test/", "evil.test", Trick.BROKEN),
    ],
)
def test_what_hides_the_host_is_named(written: str, host: str, trick: Trick) -> None:
    address = read_address(written)
    assert address is not None
    assert (address.host, trick in address.tricks) == (host, True)


@pytest.mark.parametrize(
    "written",
    [
        "http://m\u00fcnchen.example/", "http://xn--mnchen-3ya.example/", "http:\\\\www.evil.test", "http://192.0.2.1/",
        "http://evil.test/a\nb", "http://evil.test/%41", "http://\u043f\u0440\u0438\u043c\u0435\u0440.test/",
        "http://\u4f8b\u3048.test/", "http://evil.test/?q=a@b",
    ],
)  # fmt: skip
def test_what_honest_people_write_is_no_trick(written: str) -> None:
    assert tricks(written) == ()


@pytest.mark.parametrize(
    "written",
    [
        "", "mailto:a@evil.test", "javascript:alert(1)", "cid:1@x", "data:text/html,x", "tel:+49", "index.html",
        "page.php?x", "#top", "?q", "/x", "http://", "http:///", "http://a b.test", "http://a<b", "http://1.2.3.4.5",
        "http://256.1.1.1", "http://4294967296", "http://09.1.1.1", "http://a..test", "http://[::1", "http://%00.test",
        "http://" + "a" * 64 + ".test", "http://\ufffd.test", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_leads_to_no_host_is_none(written: str) -> None:
    assert read_address(written) is None


def test_a_relative_address_leads_where_its_base_does() -> None:
    assert str(read_address("x/y", BASE)) == "https://base.test/x/y"
    assert str(read_address("/x", BASE)) == "https://base.test/x"
    assert str(read_address("?q", BASE)) == "https://base.test?q"
    plain = read_address("http://base.test")
    assert str(read_address("//evil.test", plain)) == "http://evil.test/"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See http://a.test/x, (http://b.test/y).", ["http://a.test/x", "http://b.test/y"]),
        ("<https://f.test/(x)>", ["https://f.test/(x)"]),
        ("on www.c.test. Bye", ["http://www.c.test/"]),
        ("d.example/path and sub.d.example?x=1", ["http://d.example/path", "http://sub.d.example?x=1"]),
        ("hxxps[:]//d[.]test/z h**p://e.test", ["https://d.test/z", "http://e.test/"]),
        (
            "evil[.]example evil(.)example evil[dot]example/x",
            ["http://evil.example/"] * 2 + ["http://evil.example/x"],
        ),
        ("http://g.testhttp://h.test", ["http://g.test/", "http://h.test/"]),
        ("http://a.test\u3067\u3059", ["http://a.xn--test-883c5c/", "http://a.test/"]),
        ("\u201chttps://q.test\u201d", ["https://q.test/"]),
        ("http://3221226037/ http://[::1]/", ["http://192.0.2.53/", "http://[::1]/"]),
        ("HTTP://UP.TEST", ["http://up.test/"]),
    ],
)
def test_addresses_are_found_in_text(text: str, addresses: list[str]) -> None:
    assert found(text) == addresses


@pytest.mark.parametrize(
    "text",
    ["and/or", "e.g./i.e.", "1.5/2", "10.0.0.1/24", "node.js/express", "src/main.py/x", "a@b.test/x", "x=y.test/z",
     "Mr. Smith.", "http://localhost/", "http://", "https:", "www.", "U.S./UK"],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_none(text: str) -> None:
    assert found(text) == []


def test_no_more_addresses_are_found_than_the_bound() -> None:
    assert len(found("http://a.test " * (MAX_FOUND + 5))) == MAX_FOUND
    assert len(list(addresses_in("http://a.test " * 5, 3))) == 3


@pytest.mark.parametrize(
    ("shown", "host"),
    [("https://bank.example/x", "bank.example"), ("www.bank.example", "www.bank.example"),
     ("bank.example", "bank.example"),
     (" Bank.Example ", "bank.example"), ("Click here", ""), ("a.b", ""), ("Node.js", ""), ("report.pdf", ""),
     ("See bank.example now", ""), ("go to https://bank.example now", "bank.example"), ("info@bank.example", "")],
)  # fmt: skip
def test_the_text_of_a_link_may_name_a_host(shown: str, host: str) -> None:
    address = shown_address(shown)
    assert (address.host if address is not None else "") == host


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("https://r.test/url?q=https%3A%2F%2Fevil.test%2Fx&sa=D", "https://evil.test/x"),
        ("https://r.test/?u=http%253A%252F%252Fevil.test", "http://evil.test/"),
        ("https://r.test/a?b=1&u=a1aHR0cHM6Ly9ldmlsLnRlc3Qv", "https://evil.test/"),
        ("https://r.test/amp/s/http://evil.test/", "http://evil.test/"),
        ("https://r.test/web/https%3A//evil.test/", "https://evil.test/"),
        ("https://r.test/r?https://evil.test", "https://evil.test/"),
        ("https://r.test/?next=//evil.test/", "https://evil.test/"),
        ("https://r.test/?next=www.evil.test", "http://www.evil.test/"),
    ],
)
def test_an_address_within_another_is_found(outer: str, inner: str) -> None:
    address = read_address(outer)
    assert address is not None
    assert [str(each) for each in addresses_within(address)] == [inner]


def test_addresses_within_another_are_bounded_and_none_where_none_is() -> None:
    many = read_address("https://r.test/?" + "&".join([f"u=http://e{number}.test" for number in range(20)]))
    plain = read_address("https://r.test/%41?u=a%40b.test&x=1//2")
    assert many is not None
    assert plain is not None
    assert len(addresses_within(many)) == MAX_INNER
    assert addresses_within(plain) == ()


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


@given(HOST, st.sampled_from(["", "/", "/a?b=c", "?q", "#f"]))
def test_a_plain_address_is_read_as_it_stands_and_found_in_any_sentence(host: str, rest: str) -> None:
    written = f"https://{host}{rest}"
    address = read_address(written)
    assert address is not None
    assert (address.host, address.tricks, address.written) == (host, (), written)
    assert [each.host for each in addresses_in(f"Look at {written}, now")] == [host]


@given(st.text() | st.text(alphabet="htps:/\\.@[]%0x12aw?#\t \u3002"))
def test_any_text_is_read_and_what_was_read_reads_the_same_again(text: str) -> None:
    for address in (read_address(text), *addresses_in(text), shown_address(text)):
        if address is not None:
            again = read_address(str(address))
            assert again is not None
            assert (again.host, again.port, again.is_ip) == (address.host, address.port, address.is_ip)
            assert address.host.isascii()


@given(st.integers(0, 2**32 - 1))
def test_all_forms_of_an_ipv4_address_are_one(number: int) -> None:
    octets = number.to_bytes(4, "big")
    plain = ".".join(map(str, octets))
    forms = (
        plain,
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(map(hex, octets)),
        f"{octets[0]}.{number & 0xFFFFFF}",
    )
    assert {lead(f"http://{form}/") for form in forms} == {f"http://{plain}/"}
