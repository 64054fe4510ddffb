"""Authentication-Results is written so that nothing can break out of it, read tolerantly, and forgeries are found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.fields import split
from gatepost.mailauth.results import (
    MAX_FIELD,
    MAX_PROPERTIES,
    MAX_RESULTS,
    MAX_VALUE,
    MethodResult,
    Property,
    Results,
    claims,
    read,
    write,
)


def value(field: bytes) -> bytes:
    name, _, rest = field.partition(b":")
    assert name == b"Authentication-Results"
    return rest


def about(text: str) -> tuple[Property, ...]:
    """Make properties of "smtp.mailfrom=example.com header.d=x"."""
    pairs = [pair.split("=", 1) for pair in text.split()]
    return tuple(Property(*key.split(".", 1), given) for key, given in pairs)


# RFC 8601 Appendix B
EXAMPLES = [
    (  # B.2: nothing was done
        "example.org 1; none",
        Results("example.org", (), "1"),
    ),
    (  # B.3: one method
        "example.com;\r\n               spf=pass smtp.mailfrom=example.net",
        Results("example.com", (MethodResult("spf", "pass", properties=about("smtp.mailfrom=example.net")),)),
    ),
    (  # B.4: several
        (
            "example.com;\r\n               auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n"
            "               spf=pass smtp.mailfrom=example.net"
        ),
        Results(
            "example.com",
            (
                MethodResult(
                    "auth", "pass", properties=about("smtp.auth=sender@example.net"), comment="cram-md5"
                ),
                MethodResult("spf", "pass", properties=about("smtp.mailfrom=example.net")),
            ),
        ),
    ),
    (  # B.5: a service with its own name
        (
            "example.com;\r\n               sender-id=fail header.from=example.com;\r\n"
            "               dkim=pass (good signature) header.d=example.com"
        ),
        Results(
            "example.com",
            (
                MethodResult("sender-id", "fail", properties=about("header.from=example.com")),
                MethodResult(
                    "dkim", "pass", properties=about("header.d=example.com"), comment="good signature"
                ),
            ),
        ),
    ),
    (  # B.6: a reason
        (
            'example.com;\r\n      dkim=pass reason="good signature"\r\n'
            "        header.i=@mail-router.example.net;\r\n"
            '      dkim=fail reason="bad signature"\r\n        header.i=@newyork.example.com'
        ),
        Results(
            "example.com",
            (
                MethodResult("dkim", "pass", "good signature", about("header.i=@mail-router.example.net")),
                MethodResult("dkim", "fail", "bad signature", about("header.i=@newyork.example.com")),
            ),
        ),
    ),
    (  # B.7: comments wherever they may stand
        (
            "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
            "      policy (A dot can go here) . (like that) expired\r\n"
            "    (this surprised me) = (as I wasn't expecting it) 1362471462"
        ),
        Results(
            "foo.example.net",
            (
                MethodResult(
                    "dkim",
                    "fail",
                    properties=about("policy.expired=1362471462"),
                    comment="Because I like it One yay wait for it A dot can go here like that this surprised me "
                    "as I wasn't expecting it",
                    version="1",
                ),
            ),
            "1",
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES, ids=["B.2", "B.3", "B.4", "B.5", "B.6", "B.7"])
def test_the_examples_of_rfc_8601_are_read(text: str, expected: Results) -> None:
    assert read(f" {text}\r\n".encode()) == expected


REAL = [
    # Without authserv-id, as Microsoft writes it
    (
        (
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.test; dkim=none (message not signed) header.d=none;"
            "dmarc=pass action=none header.from=a.test;compauth=pass reason=100"
        ),
        [("spf", "pass"), ("dkim", "none"), ("dmarc", "pass"), ("compauth", "pass")],
        ("it has no authserv-id", "dmarc has a property without a type"),
    ),
    # As Google writes it: a bare "=" at the end of a value
    (
        (
            "mx.google.com; dkim=pass header.i=@a.test header.b=aW2+/b5= header.s=x; arc=pass (i=1); "
            "spf=pass (google.com: domain of b@a.test) smtp.mailfrom=b@a.test; "
            "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=a.test"
        ),
        [("dkim", "pass"), ("arc", "pass"), ("spf", "pass"), ("dmarc", "pass")],
        (),
    ),
    ("a.test;", [], ()),
    ("a.test; ; spf=pass;;", [("spf", "pass")], ()),
    ("a.test; SPF=Pass", [("spf", "pass")], ()),
    ("a.test; spf", [], ("a result has no method",)),
    ("a.test; none; spf=pass", [("spf", "pass")], ()),
    ("a.test; spf=pass smtp", [("spf", "pass")], ("spf has something that is no property",)),
    (
        "a.test b; spf=pass",
        [("spf", "pass")],
        ("something else than a version stands behind the authserv-id",),
    ),
    ('a.test; spf=pass reason="x', [("spf", "pass")], ("a quote or comment is never closed",)),
    ("", [], ("it has no authserv-id",)),
]


@pytest.mark.parametrize(("text", "expected", "problems"), REAL)
def test_what_real_and_broken_fields_say_is_read(
    text: str, expected: list[tuple[str, str]], problems: tuple[str, ...]
) -> None:
    found = read(text.encode())
    assert [(result.method, result.result) for result in found.results] == expected
    assert found.problems == problems


def test_a_field_is_written_as_rfc_8601_wants_it() -> None:
    results = [
        MethodResult(
            "spf", "pass", properties=about("smtp.mailfrom=joe@example.com"), comment="192.0.2.1 (mx) may"
        ),
        MethodResult("dkim", "fail", 'the "body" hash', about("header.d=example.com header.b=ab/cd+==")),
        MethodResult("iprev", "pass", properties=about("policy.iprev=2001:db8::1")),
        MethodResult(
            "dmarc", "fail", properties=about("header.from=example.com policy.dmarc=reject"), version="2"
        ),
    ]
    assert write("mx.example.org", results) == (
        b"Authentication-Results: mx.example.org;\r\n"
        b" spf=pass (192.0.2.1 \\(mx\\) may) smtp.mailfrom=joe@example.com;\r\n"
        b' dkim=fail reason="the \\"body\\" hash" header.d=example.com header.b="ab/cd+==";\r\n'
        b' iprev=pass policy.iprev="2001:db8::1";\r\n'
        b" dmarc/2=fail header.from=example.com policy.dmarc=reject\r\n"
    )
    assert write("mx.example.org", []) == b"Authentication-Results: mx.example.org;\r\n none\r\n"


@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: x", "a) b=pass (", 'a" ; spf=pass', "a;b", "a\0b", "ü", "\\", "", " ", "(", ")"]
)
def test_what_comes_from_outside_cannot_break_out(hostile: str) -> None:
    result = MethodResult("spf", "fail", hostile, (Property("smtp", "mailfrom", hostile),), comment=hostile)
    field = write("mx.example.org", [result, MethodResult("dkim", "none")])
    assert field.isascii()
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\r\n(?![ ]|\Z)|\0", field)
    found = read(value(field))
    assert found.problems == ()
    assert [(one.method, one.result, len(one.properties)) for one in found.results] == [
        ("spf", "fail", 1),
        ("dkim", "none", 0),
    ]


def test_long_values_are_cut_so_that_every_line_is_valid() -> None:
    long = '"(' * 5000
    field = write(
        "x" * 300, [MethodResult("spf", "fail", long, (Property("smtp", "helo", long),), comment=long)]
    )
    assert max(map(len, field.split(b"\r\n"))) <= 998
    (result,) = read(value(field)).results
    assert len(result.reason) == MAX_VALUE


@pytest.mark.parametrize(
    ("authserv_id", "result"),
    [
        ("", MethodResult("spf", "pass")),
        ("ü.test", MethodResult("spf", "pass")),
        ("a\r\nb", MethodResult("spf", "pass")),
        ("a.test", MethodResult("", "pass")),
        ("a.test", MethodResult("spf", "pass; x")),
        ("a.test", MethodResult("spf", "pass", properties=(Property("a b", "c", "d"),))),
        ("a.test", MethodResult("spf", "pass", properties=(Property("a", "c=", "d"),))),
        ("a.test", MethodResult("s" * 64, "pass")),
    ],
)
def test_names_that_are_none_are_refused(authserv_id: str, result: MethodResult) -> None:
    with pytest.raises(ValueError):
        write(authserv_id, [result])


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
keywords = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
some_results = st.lists(
    st.builds(
        MethodResult,
        keywords,
        keywords,
        printable,
        st.lists(st.builds(Property, keywords, keywords, printable), max_size=4).map(tuple),
        printable.map(lambda text: " ".join(text.split())),
        st.sampled_from(["", "1", "2"]),
    ),
    max_size=5,
)


@given(printable.filter(bool), some_results)
def test_what_is_written_reads_the_same_again(authserv_id: str, results: list[MethodResult]) -> None:
    field = write(authserv_id, results)
    assert split(field + b"\r\n").fields[0].raw == field
    found = read(value(field))
    assert (found.authserv_id, found.results, found.problems) == (authserv_id, tuple(results), ())


OURS = [
    *(
        "mx.example.org; spf=pass",
        "MX.Example.ORG; none",
        "mx.example.org. 1; none",
        '"mx.example.org"; spf=pass',
    ),
    *("(hi) mx.example.org (there) 1; a=b", "mx.example.org", "mx.example.org 1", '"mx.example\\.org"; a=b'),
    *("mx.example.org/1; a=b", "x mx.example.org; a=b", "mx.example.org x; a=b", '"mx.example.org; spf=pass'),
    *("(mx.example.org; spf=pass", "mx.example.org\0; a=b", "mx.exam ple.org; a=b", "mx.example.org,; a=b"),
    *("ｍx.example.org; a=b", "mx.example\\.org; a=b", "mx.example.org: a=b", "<mx.example.org>; a=b"),
    *("", ";", "; spf=pass", "spf=pass", "spf = pass", "(mx.other.test) ; spf=pass", '""; a=b'),
]
OTHERS = [
    *("mx.other.test; spf=pass", "mx.example.org.evil.test; spf=pass", "xmx.example.org; spf=pass"),
    *("mx.other.test (for mx.example.org); spf=pass", "mx.other.test; spf=pass smtp.helo=mx.example.org"),
    *("mx.other.test; spf=pass (mx.example.org)", "example.org; none", '"mx.other.test'),
]


@pytest.mark.parametrize("text", OURS)
def test_a_field_that_is_or_could_be_read_as_ours_is_found(text: str) -> None:
    header = split(b"Subject: x\r\nAuthentication-Results: " + text.encode() + b"\r\n\r\n")
    (claim,) = claims(header, {"MX.example.org"})
    assert claim.field is header.fields[1]
    assert claim.why


@pytest.mark.parametrize("text", OTHERS)
def test_a_field_of_another_stays(text: str) -> None:
    assert claims(split(b"Authentication-Results: " + text.encode() + b"\r\n\r\n"), {"mx.example.org"}) == ()


def test_only_fields_of_that_name_are_looked_at_however_it_is_written() -> None:
    header = split(
        b"AUTHENTICATION-RESULTS : mx.example.org; none\r\nX-Authentication-Results: mx.example.org; none\r\n"
        b"ARC-Authentication-Results: i=1; mx.example.org; none\r\nAuthentication-Results\0: mx.example.org; none\r\n"
        b"Authentication-Results:\r\n mx.example.org;\r\n none\r\nAuthentication-Results-X: a\r\n\r\n"
    )
    found = [claim.field for claim in claims(header, ["mx.example.org"])]
    assert found == [header.fields[0], header.fields[3], header.fields[4]]


def test_an_id_need_not_be_a_domain() -> None:
    header = split(b'Authentication-Results: "The Gateway"; none\r\n\r\n')
    assert len(claims(header, ["the gateway"])) == 1


@pytest.mark.parametrize("piece", ["(", ")", '"', "\\", ";", "a=b ", "a.", "=", "a=b;", " ", "(a)", "."])
def test_a_hostile_field_is_read_in_linear_time_and_bounded(piece: str) -> None:
    # Without a bound this would take hours; there is nothing to measure but that it ends.
    found = read(piece.encode() * (MAX_FIELD + 1))
    assert len(found.results) <= MAX_RESULTS
    assert all(len(result.properties) <= MAX_PROPERTIES for result in found.results)
    assert "it is longer than is read" in found.problems
