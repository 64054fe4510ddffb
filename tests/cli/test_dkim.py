from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.dkim import dkim
from gatepost.mailauth.dkim.keypair import key_record, read_private_key
from tests.peers.nameserver import Nameserver


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dkim, arguments)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str, Result]:
    """Make a key; give its file, the text of its record, and what was said."""
    done = run("new", "example.org", "--selector", "s1", "--folder", str(tmp_path))
    path = tmp_path / "example.org.s1.pem"
    key = read_private_key(path.read_bytes())
    return path, key_record(key), done  # type: ignore[arg-type]


def checked(record: str, path: Path, port: int, more: str = "") -> Result:
    table = {"s1._domainkey.example.org": {"TXT": [record]}} if record else {}
    config = path.parent / "gatepost.toml"
    with Nameserver(port, table) as nameserver:
        config.write_text(
            f'dns = {{ nameservers = ["{nameserver.address}"] }}\n'
            f'[[domain]]\nname = "example.org"\ndkim = [{{ selector = "s1", key = "{path}" }}]\n{more}'
        )
        return run("check", "-c", str(config))


def test_a_new_key_is_for_its_owner_alone_and_comes_with_record_and_setting(
    made: tuple[Path, str, Result],
) -> None:
    path, record, done = made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "s1._domainkey.example.org. IN TXT" in done.output
    assert record.partition("p=")[2][:60] in done.output
    assert f'dkim = [{{ selector = "s1", key = "{path}" }}]' in done.output


def test_an_old_key_is_never_overwritten(made: tuple[Path, str, Result]) -> None:
    path, _, _ = made
    before = path.read_bytes()
    done = run("new", "example.org", "--selector", "s1", "--folder", str(path.parent))
    assert done.exit_code == 1
    assert "take another --selector" in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("wrong", [("localhost",), ("example.org", "--selector", "no such")])
def test_what_is_no_domain_or_selector_is_refused(wrong: tuple[str, ...]) -> None:
    assert run("new", *wrong).exit_code == 2


def test_a_published_key_fits_also_in_other_spacing(
    made: tuple[Path, str, Result], free_port: Callable[[], int]
) -> None:
    path, record, _ = made
    done = checked(record.replace("; ", " ;").replace("p=", "p= "), path, free_port())
    assert (done.exit_code, "ok  s1._domainkey.example.org fits" in done.output) == (0, True)


@pytest.mark.parametrize(
    ("record", "words"), [("", "is not in DNS; publish: v=DKIM1"), ("v=DKIM1; p=AAAA", "another")]
)
def test_a_missing_or_other_key_is_bad_and_the_record_is_shown(
    record: str, words: str, made: tuple[Path, str, Result], free_port: Callable[[], int]
) -> None:
    done = checked(record, made[0], free_port())
    assert done.exit_code == 1
    assert words in done.output


def test_the_key_that_seals_is_named(made: tuple[Path, str, Result], free_port: Callable[[], int]) -> None:
    path, record, _ = made
    sealer = '[checks.identity]\nsealer = "example.org"\n'
    done = checked(record, path, free_port(), sealer)
    assert (done.exit_code, "s1._domainkey.example.org (it seals too) fits" in done.output) == (0, True)
    gone = checked("", path, free_port(), sealer)
    assert gone.exit_code == 1
    assert "s1._domainkey.example.org (it seals too) is not in DNS; publish: v=DKIM1" in gone.output


def test_without_keys_it_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "gatepost.toml").write_text("")
    assert "gatepost dkim new" in run("check", "-c", str(tmp_path / "gatepost.toml")).output
