from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from gatepost.cli.check import check
from gatepost.gateway.resolver import resolver as resolver_module
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key, write_private_key
from tests.peers.gateway import to_toml
from tests.peers.nameserver import Nameserver
from tests.peers.spamd import Spamd


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


DNS = {
    "example.org": {"MX": ["10 mx.example.org"]},
    "2.0.0.127.well.test": {"A": ["127.0.0.2"]},
    "*.public.test": {"A": ["127.255.255.254"]},
    "*.often.test": {"A": ["127.255.255.255"]},
    "*.typo.test": {"A": ["127.255.255.252"]},
    "*.sold.test": {"A": ["203.0.113.80"]},
    "*.all.test": {"A": ["127.0.0.2"]},
    "dead.test": "SERVFAIL",
}


@pytest.fixture(autouse=True)
def resolver(free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let one on this machine be what the system is set up with, and no test asks the world."""
    with Nameserver(free_port(), DNS) as server:
        monkeypatch.setattr(resolver_module, "system_servers", lambda path: (("127.0.0.1", server.port),))
        yield


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


def test_a_resolver_that_answers_is_told_with_where_it_is(tmp_path: Path) -> None:
    done = run(tmp_path, domain=[{"name": "example.org"}])
    assert done.exit_code == 0, done.output
    assert re.search(r"  ok  DNS at 127\.0\.0\.1:[0-9]+ answers$", done.output, re.MULTILINE)


def test_a_resolver_that_does_not_answer_is_bad(tmp_path: Path) -> None:
    dns = {"nameservers": ["127.0.0.1:9"], "timeout": 0.2, "tries": 1}
    done = run(tmp_path, dns=dns)
    assert done.exit_code == 1
    assert "BAD  DNS at 127.0.0.1:9 does not answer: " in done.output
    assert "name a resolver that works in dns.nameservers" in done.output


def test_a_domain_of_ours_that_dns_does_not_tell_of_is_bad(tmp_path: Path) -> None:
    done = run(tmp_path, domain=[{"name": "dead.test"}])
    assert done.exit_code == 1
    assert " does not tell of dead.test: " in done.output


def test_a_resolver_that_makes_answers_up_is_bad(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with Nameserver(free_port(), {"*.invalid": {"A": ["203.0.113.80"]}}) as liar:
        done = run(tmp_path, dns={"nameservers": [liar.address]})
    assert done.exit_code == 1
    assert "makes up addresses for names that do not exist (203.0.113.80)" in done.output


@pytest.mark.parametrize(
    ("zone", "wrong", "remedy"),
    [
        (
            "public.test",
            "the list refuses the resolver we ask through, a public one",
            "run a resolver of your own",
        ),
        ("often.test", "we asked too often", "for a key or a feed"),
        ("typo.test", "its name is written wrongly", "compare its zone"),
        ("sold.test", "somebody else answers in its place", "its name was sold"),
        ("all.test", "it lists 127.0.0.1, so it lists everybody", "see what its own pages say"),
        ("gone.test", "it does not list its test point 127.0.0.2", "see what its own pages say"),
        ("dead.test", "it does not answer about its test points", "see whether its zone is right"),
    ],
)
def test_a_list_that_would_be_left_out_is_bad_and_what_to_do_is_said(
    tmp_path: Path, zone: str, wrong: str, remedy: str
) -> None:
    done = run(tmp_path, checks={"dnsbl": {"list": [{"zone": "well.test"}, {"zone": zone}]}})
    assert done.exit_code == 1
    assert "  ok  list well.test answers rightly about its test points" in done.output
    [line] = [line for line in done.output.splitlines() if f"list {zone} " in line]
    assert line.startswith(f" BAD  list {zone} is left out: ")
    assert wrong in line
    assert remedy in line


def test_reports_that_cannot_leave_are_told_in_one_sentence(tmp_path: Path, answering: str) -> None:
    reports = {"dmarc": {"reports_from": "reports@example.org"}}
    ours = {"name": "example.org", "next_hop": [answering]}
    assert (
        "DMARC reports cannot be sent: no next hop takes mail for other domains"
        in run(tmp_path, domain=[ours], **reports).output
    )
    everywhere = [ours, {"name": "*", "next_hop": [answering]}]
    assert (
        "are not signed: name a DKIM key for example.org"
        in run(tmp_path, domain=everywhere, **reports).output
    )
    assert "DMARC" not in run(tmp_path, domain=everywhere).output


def test_the_addresses_for_reports_are_compared_with_what_dns_asks_for(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    table = {
        "_dmarc.good.test": {"TXT": ["v=DMARC1; p=none; rua=mailto:DMARC@good.test!10m"]},
        "_dmarc.else.test": {"TXT": ["v=DMARC1; p=none; rua=mailto:a@elsewhere.test"]},
        "_dmarc.lame.test": "SERVFAIL",
    }
    port = free_port()
    with Nameserver(port, table):
        said = run(
            tmp_path,
            dns={"nameservers": [f"127.0.0.1:{port}"], "tries": 1},
            domain=[{"name": f"{name}.test"} for name in ("good", "else", "none", "lame")],
            dmarc={"reports_to": ["dmarc@good.test"]},
        ).output
    assert "the DMARC record of good.test asks for reports that come here" in said
    assert "no reports about else.test come here: its DMARC record lacks rua=mailto:dmarc@good.test" in said
    assert "none.test has no DMARC record of its own" in said
    assert "_dmarc.lame.test cannot be asked" in said


def test_each_engine_is_asked_once_and_one_that_does_not_answer_is_bad(tmp_path: Path, silent: str) -> None:
    done = run(
        tmp_path,
        checks={
            "rspamd": {"address": silent},
            "spamassassin": {"address": silent},
            "icap": {"url": f"icap://{silent}/scan"},
        },
        policy={"findings": {"rspamd-unavailable": "defer"}},
    )
    assert done.exit_code == 1
    refused = "does not answer as it should: cannot connect: Connection refused; until then each message has"
    assert f"BAD  Rspamd at {silent} {refused} rspamd-unavailable (defer)" in done.output
    assert f"BAD  spamd at {silent} {refused} spamassassin-unavailable (mark)" in done.output
    assert f"BAD  the scanner at icap://{silent}/scan {refused} icap-unavailable (defer)" in done.output


@pytest.mark.peer("spamd")
def test_an_engine_that_is_well_says_so(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with Spamd(free_port()) as spamd:
        done = run(tmp_path, checks={"spamassassin": {"address": spamd.address}})
    assert f"ok  spamd at {spamd.address} answers" in done.output


def test_yara_rules_are_compiled_and_a_fault_is_told_with_file_and_line(tmp_path: Path) -> None:
    rules = tmp_path / "coast.yar"
    rules.write_text("rule A { condition: true }")
    done = run(tmp_path, checks={"yara": {"rules": [str(rules)]}})
    assert "ok  1 YARA rules can be used" in done.output
    off = run(tmp_path, checks={"yara": {"rules": [str(rules)]}, "inspection": {"enabled": False}})
    assert "BAD  checks.yara names rules, but checks.inspection is off: nothing is matched" in off.output
    rules.write_text("rule A {\n condition: foo }")
    done = run(tmp_path, checks={"yara": {"rules": [str(rules)]}})
    assert done.exit_code == 1
    said = f"BAD  no YARA rule is matched until this is mended: {rules}, line 2: unknown identifier `foo`"
    assert said in done.output
