"""Reverse-paths are rewritten for forwards and turned back, and only by who has rewritten them."""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.path import Mailbox, parse_mailbox
from gatepost.mailauth.srs import MAX_AGE, Srs, SrsFault, SrsProblem

DAY = 20_785
OURS = Srs("forward.example", [b"a secret of ours, kept"])
THEIRS = Srs("other.example", [b"another one, elsewhere"])
THIRD = Srs("third.example", [b"and that of the third..."])


def box(text: str) -> Mailbox:
    mailbox = parse_mailbox(text)
    assert isinstance(mailbox, Mailbox)
    return mailbox


def rewritten(srs: Srs, path: Mailbox, day: int = DAY) -> Mailbox:
    found = srs.forward(path, day)
    assert isinstance(found, Mailbox)
    return found


def fault(found: Mailbox | SrsProblem) -> SrsFault:
    assert isinstance(found, SrsProblem)
    return found.fault


def test_the_form_is_that_of_libsrs2() -> None:
    path = rewritten(OURS, box("Joe.Doe@Example.org"))
    assert re.fullmatch(r"SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=example\.org=Joe\.Doe@forward\.example", str(path))


def test_a_second_forwarder_names_the_first_and_a_third_still_does() -> None:
    first = rewritten(OURS, box("joe@example.org"))
    second = rewritten(THEIRS, first)
    third = rewritten(THIRD, second)
    tail = str(first).removeprefix("SRS0").removesuffix("@forward.example")
    assert re.fullmatch(
        r"SRS1=[A-Z2-7]{6}=forward\.example=" + re.escape(tail) + "@other.example", str(second)
    )
    assert re.fullmatch(
        r"SRS1=[A-Z2-7]{6}=forward\.example=" + re.escape(tail) + "@third.example", str(third)
    )
    # The way back leaves out the second.
    assert THIRD.reverse(third, DAY) == first
    assert THEIRS.reverse(second, DAY) == first
    assert OURS.reverse(first, DAY) == box("joe@example.org")


def test_a_path_of_our_own_domain_stays() -> None:
    assert OURS.forward(box("joe@Forward.example"), DAY) == box("joe@Forward.example")


def test_a_path_that_changed_case_on_its_way_still_comes_back() -> None:
    path = box(str(rewritten(OURS, box("Joe@example.org"))).lower())
    assert OURS.reverse(path, DAY) == box("joe@example.org")


@pytest.mark.parametrize("days", [0, 1, MAX_AGE, -1])
def test_it_comes_back_for_three_weeks_and_from_a_clock_that_is_a_day_ahead(days: int) -> None:
    assert OURS.reverse(rewritten(OURS, box("a@b.test")), DAY + days) == box("a@b.test")


@pytest.mark.parametrize("days", [MAX_AGE + 1, 500, 1000, -2])
def test_after_that_it_is_expired(days: int) -> None:
    assert fault(OURS.reverse(rewritten(OURS, box("a@b.test")), DAY + days)) is SrsFault.EXPIRED


@pytest.mark.parametrize(
    ("local_part", "expected"),
    [
        ("joe", SrsFault.NOT_SRS),
        ("SRS0", SrsFault.NOT_SRS),
        ("SRS2=a=b=c=d", SrsFault.NOT_SRS),
        ("SRS0=abc", SrsFault.MALFORMED),
        ("SRS0=AAAAAA=A=b.test=a", SrsFault.MALFORMED),
        ("SRS0=AAAAAA=11=b.test=a", SrsFault.MALFORMED),
        ("SRS1=AAAAAA=b.test=AA=c", SrsFault.MALFORMED),
        ("SRS1=AAAAAA=b.test==x", SrsFault.MALFORMED),
        ("SRS0=AAAAAA=AA=b.test=a", SrsFault.FORGED),
        ("SRS0+AAAAAA=AA=b.test=a", SrsFault.FORGED),
        ("SRS1=AAAAAA=b.test==AAAA=AA=c.test=a", SrsFault.FORGED),
    ],
)
def test_what_we_have_not_written_does_not_come_back(local_part: str, expected: SrsFault) -> None:
    assert fault(OURS.reverse(box(f"{local_part}@forward.example"), DAY)) is expected


def test_nothing_of_a_rewritten_path_can_be_changed() -> None:
    path = str(rewritten(OURS, box("joe@example.org")))
    for before, after in (
        ("joe", "jim"),
        ("example.org", "example.net"),
        ("=example", "=x.example"),
        ("SRS0=", "SRS0=A"),
    ):
        assert fault(OURS.reverse(box(path.replace(before, after, 1)), DAY)) is SrsFault.FORGED
    assert fault(THEIRS.reverse(box(path), DAY)) is SrsFault.NOT_OURS
    assert fault(Srs("forward.example", [b"some other secret"]).reverse(box(path), DAY)) is SrsFault.FORGED


def test_a_hash_for_one_form_is_none_for_the_other() -> None:
    path = str(rewritten(THEIRS, rewritten(OURS, box("a@b.test"))))
    assert fault(THEIRS.reverse(box(path.replace("SRS1", "SRS0", 1)), DAY)) in (
        SrsFault.FORGED,
        SrsFault.MALFORMED,
    )


def test_an_old_secret_still_turns_back_what_it_has_signed() -> None:
    old, new = b"the secret of last year", b"the secret of this year"
    path = rewritten(Srs("f.test", [old]), box("a@b.test"))
    assert Srs("f.test", [new, old]).reverse(path, DAY) == box("a@b.test")
    assert rewritten(Srs("f.test", [new, old]), box("a@b.test")) == rewritten(
        Srs("f.test", [new]), box("a@b.test")
    )


def test_a_long_local_part_is_written_all_the_same_but_no_longer_path_than_256_octets() -> None:
    path = rewritten(OURS, box("a" * 60 + "@example.org"))
    assert len(path.local_part) > 64
    assert OURS.reverse(path, DAY) == box("a" * 60 + "@example.org")
    assert fault(OURS.forward(box("a" * 200 + "@" + "b" * 40 + ".test"), DAY)) is SrsFault.UNREADABLE


@pytest.mark.parametrize("arguments", [("no domain", [b"x" * 16]), ("a.test", []), ("a.test", [b"short"])])
def test_it_wants_a_domain_and_a_secret(arguments: tuple[str, list[bytes]]) -> None:
    with pytest.raises(ValueError):
        Srs(*arguments)


@given(
    st.one_of(
        st.text(alphabet="abcXYZ019=+-_.!#", min_size=1, max_size=40),
        st.text(alphabet='ab "\\@()<>,;=.', max_size=30).map(
            lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        ),
        st.sampled_from(["SRS0=x", "srs0=AAAA=AA=x.test=y", "SRS1=AAAA=x.test==BBBB=CC=z.test=y", "ü=ü"]),
    ),
    st.sampled_from(["example.org", "a", "[192.0.2.1]", "[IPv6:2001:db8::1]", "bücher.example"]),
    st.integers(0, 50_000),
    st.integers(0, MAX_AGE),
)
def test_what_is_rewritten_comes_back(local_part: str, domain: str, day: int, days: int) -> None:
    path = parse_mailbox(f"{local_part}@{domain}")
    if not isinstance(path, Mailbox):
        return
    there = OURS.forward(path, day)
    if isinstance(there, SrsProblem):
        assert there.fault is SrsFault.UNREADABLE
        return
    assert there.domain == "forward.example"
    assert parse_mailbox(str(there)) == there
    back = OURS.reverse(there, day + days)
    assert isinstance(back, Mailbox)
    if there.local_part.lstrip('"').startswith("SRS1"):
        return  # to the forwarder who rewrote it first, whom the path only names
    assert back.domain == path.domain
    assert unquoted(back.local_part) == unquoted(path.local_part)


def unquoted(local_part: str) -> str:
    return re.sub(r"\\(.)", r"\1", local_part[1:-1]) if local_part.startswith('"') else local_part


def mail_srs(address: str, forwarder: str) -> str:
    """Rewrite by Mail::SRS, the first of all."""
    command = ["srs", "--secret=x", f"--alias={forwarder}", address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


@pytest.mark.peer("srs")
def test_mail_srs_and_we_write_the_same_form_and_read_each_other() -> None:
    theirs = mail_srs("joe@example.org", "other.example")
    assert re.fullmatch(r"SRS0=[^=]{4}=[A-Z2-7]{2}=example\.org=joe@other\.example", theirs)
    second = rewritten(OURS, box(theirs))
    assert str(second).endswith(f"=other.example={theirs[4:].partition('@')[0]}@forward.example")
    assert OURS.reverse(second, DAY) == box(theirs)
    ours = rewritten(OURS, box("joe@example.org"))
    for path, tail in (
        (ours, f"forward.example={ours.local_part[4:]}"),
        (second, str(second).split("=", 2)[2][:-16]),
    ):
        assert re.fullmatch(
            rf"SRS1=[^=]{{4}}={re.escape(tail)}@other\.example", mail_srs(str(path), "other.example")
        )
