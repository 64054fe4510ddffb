from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from gatepost.cli.check import check
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key, write_private_key
from tests.peers.gateway import to_toml
from tests.peers.nameserver import Nameserver


@pytest.fixture
def answering() -> Iterator[str]:
    """Give an address at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def silent(answering: str) -> str:
    """Give an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"127.0.0.1:{port}"


def run(folder: Path, **settings: Any) -> Result:
    path = folder / "gatepost.toml"
    path.write_text(to_toml({"spool": {"min_free": 0}, **settings}))
    return CliRunner().invoke(check, ["-c", str(path)])


def test_good_settings_have_status_0(tmp_path: Path, answering: str) -> None:
    done = run(
        tmp_path,
        domain=[{"name": "example.org", "next_hop": [answering]}],
        checks={"virus": {"address": answering}},
    )
    assert done.exit_code == 0, done.output
    assert f"next hop {answering} of example.org answers" in done.output
    assert "BAD" not in done.output


def test_a_next_hop_that_does_not_answer_is_bad(tmp_path: Path, silent: str) -> None:
    done = run(tmp_path, domain=[{"name": "example.org", "next_hop": [silent]}])
    assert done.exit_code == 1
    assert f"BAD  next hop {silent} of example.org cannot be reached: Connection refused" in done.output
    assert "mail waits in the spool until it can" in done.output


def test_a_unix_socket_that_is_not_there_is_bad(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        domain=[{"name": "example.org", "next_hop": [f"lmtp:unix:{tmp_path}/lmtp"]}],
        checks={"virus": {"address": f"unix:{tmp_path}/clamd"}},
    )
    assert done.exit_code == 1
    assert done.output.count("cannot be reached: No such file or directory") == 2


def test_a_domain_without_a_next_hop_and_no_scanner_are_only_noted(tmp_path: Path) -> None:
    done = run(tmp_path, domain=[{"name": "example.org"}])
    assert done.exit_code == 0
    assert "note  mail for example.org is held" in done.output
    assert "note  no virus scanner is named" in done.output


def test_a_sealer_whose_record_is_not_in_dns_is_bad(tmp_path: Path, free_port: Callable[[], int]) -> None:
    key = new_ed25519_key()
    (tmp_path / "key.pem").write_bytes(write_private_key(key))
    for table, status in (({"s1._domainkey.a.test": {"TXT": [key_record(key)]}}, 0), ({}, 1)):
        with Nameserver(free_port(), table) as nameserver:
            done = run(
                tmp_path,
                dns={"nameservers": [nameserver.address]},
                domain=[{"name": "a.test", "dkim": [{"selector": "s1", "key": str(tmp_path / "key.pem")}]}],
                checks={"identity": {"sealer": "a.test"}},
            )
        assert done.exit_code == status
    assert "BAD  s1._domainkey.a.test (it seals too) is not in DNS; publish: v=DKIM1" in done.output


def test_certificates_are_tried(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("gateway.test")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "good.pem"))
    trustme.CA().issue_cert("gateway.test").private_key_pem.write_to_path(str(tmp_path / "other.pem"))

    def listen(key: str) -> list[dict[str, Any]]:
        tls = {"certificate": str(tmp_path / "good.pem"), "key": str(tmp_path / key)}
        return [{"address": "127.0.0.1:2525", "tls": tls}]

    good = run(tmp_path, listener=listen("good.pem"))
    assert good.exit_code == 0
    assert "certificate and key fit" in good.output
    for key in ("other.pem", "missing.pem"):
        bad = run(tmp_path, listener=listen(key))
        assert bad.exit_code == 1
        assert "cannot be used" in bad.output


def test_a_disk_that_is_too_full_is_bad(tmp_path: Path) -> None:
    done = run(tmp_path, spool={"min_free": 1 << 60})
    assert done.exit_code == 1
    assert "less than spool.min_free: no mail is taken" in done.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("workrs = 2", "workrs is not a setting; did you mean 'workers'?"),
        ("workers = ", "not TOML"),
        ("[[domain]]\nname = 'x.test'\nnext_hop = ['a b']", "names no host"),
    ],
)
def test_settings_that_cannot_be_read_have_status_2(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "gatepost.toml"
    path.write_text(text)
    done = CliRunner().invoke(check, ["-c", str(path)])
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(check, ["-c", str(tmp_path / "none.toml")])
    assert done.exit_code == 2
    assert "none.toml: No such file or directory" in done.stderr


def test_without_a_file_the_defaults_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(check)
    assert "note  mail for * is held: it has no next_hop" in done.output
