from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.gateway.keys import read_key_file, sealer_of, signers_of
from gatepost.gateway.settings import Settings
from gatepost.mailauth.dkim.keypair import BadPrivateKey, new_ed25519_key, write_private_key


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "example.org.s1.pem"
    path.write_bytes(write_private_key(new_ed25519_key()))
    return path


def settings(name: str, *keys: tuple[str, Path], sealer: str = "") -> Settings:
    dkim = [{"selector": selector, "key": str(path)} for selector, path in keys]
    checks = {"identity": {"sealer": sealer}}
    return Settings.model_validate({"domain": [{"name": name, "dkim": dkim}], "checks": checks})


def test_each_key_of_a_domain_signs_for_it(key: Path) -> None:
    signers = signers_of(settings("Bücher.example", ("s1", key), ("s2", key)))
    assert [(one.domain, one.selector) for one in signers["xn--bcher-kva.example"]] == [
        ("xn--bcher-kva.example", "s1"),
        ("xn--bcher-kva.example", "s2"),
    ]


def test_a_key_that_cannot_be_read_is_said_and_does_not_sign(
    key: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    signers = signers_of(settings("example.org", ("s1", tmp_path / "missing.pem"), ("s2", key)))
    assert [one.selector for one in signers["example.org"]] == ["s2"]
    assert "missing.pem cannot be read: No such file or directory; it does not sign" in caplog.text


def test_a_file_that_is_no_key_says_so(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    assert read_key_file(tmp_path / "text") == BadPrivateKey("is no private key in PEM")


def test_domains_without_keys_do_not_sign() -> None:
    assert signers_of(settings("example.org")) == {}


def test_the_first_key_of_the_sealer_that_can_be_read_seals(
    key: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys = (("s1", tmp_path / "missing.pem"), ("s2", key), ("s3", key))
    given = settings("Bücher.example", *keys, sealer="bücher.Example")
    sealer = sealer_of(given, signers_of(given))
    assert sealer is not None
    assert (sealer.domain, sealer.selector) == ("xn--bcher-kva.example", "s2")
    unreadable = settings("example.org", keys[0], sealer="example.org")
    assert sealer_of(unreadable, signers_of(unreadable)) is None
    assert "no key of example.org can be read; nothing is sealed" in caplog.text


def test_nobody_seals_who_is_not_named(key: Path) -> None:
    given = settings("example.org", ("s1", key))
    assert sealer_of(given, signers_of(given)) is None
