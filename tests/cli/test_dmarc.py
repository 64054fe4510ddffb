from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.dmarc import dmarc
from gatepost.journal.writer import Journal
from gatepost.mailauth.dmarc.report_xml import write_report
from tests.journal.test_aggregate import REJECTED, made, reception
from tests.mailauth.dmarc.test_attached import failure_mail

DAY = 1_795_737_600  # 2026-11-27 in UTC
[REPORT] = made(reception("pass", aligned=("spf good.example (identical)",)), reception("fail", REJECTED))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dmarc, arguments)


def mail(attachment: bytes) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Report Domain: good.example"
    message.set_content("A report.")
    message.add_attachment(attachment, maintype="application", subtype="gzip", filename="report.xml.gz")
    return bytes(message)


@pytest.mark.parametrize("form", ["xml", "gzip", "mail"])
def test_a_report_is_shown_in_whatever_form_it_came(form: str, tmp_path: Path) -> None:
    xml = write_report(REPORT)
    forms = {"xml": xml, "gzip": gzip.compress(xml), "mail": mail(gzip.compress(xml))}
    (tmp_path / "report").write_bytes(forms[form])
    lines = run("read", str(tmp_path / "report")).output.splitlines()
    assert lines[0].startswith("good.example  2 messages seen by ours.example")
    assert [line.split() for line in lines[3:]] == [
        ["1", "192.0.2.7", "pass", "fail", "pass", "mail.good.example"],
        ["1", "192.0.2.7", "fail", "fail", "reject", "mail.good.example"],
    ]


def test_what_is_no_report_says_so_and_the_others_are_shown(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(write_report(REPORT))
    (tmp_path / "bad").write_bytes(b"<html>")
    done = run("read", str(tmp_path / "bad"), str(tmp_path / "good"))
    assert done.exit_code == 1
    assert "good.example" in done.stdout
    assert str(tmp_path / "bad") in done.stderr
    (tmp_path / "text").write_bytes(b"hello")
    assert "holds no report" in run("read", str(tmp_path / "text")).stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write settings, and a journal with a message of the day and one of the next."""
    journal = Journal(tmp_path / "data" / "journal", "w0", lambda: float(DAY), lambda call: None)
    for time in (DAY + 60, DAY + 90_000):
        fields = {name: getattr(reception("pass"), name) for name in reception("pass").__struct_fields__}
        journal.append(type(reception("pass"))(**{**fields, "time": float(time)}))
    journal.close()
    path = tmp_path / "gatepost.toml"
    path.write_text(f'data_dir = "{tmp_path}/data"\n[[domain]]\nname = "ours.example"\n')
    return path


def test_the_reports_of_a_day_are_made_from_the_journal(config: Path) -> None:
    folder = config.parent / "out"
    done = run("report", "--day", "2026-11-27", "--json", "--folder", str(folder), "-c", str(config))
    [report] = json.loads(done.stdout)
    assert (report["policy"]["domain"], len(report["rows"]), report["email"]) == (
        "good.example",
        1,
        "postmaster@ours.example",
    )
    [path] = folder.iterdir()
    assert path.name == f"ours.example!good.example!{DAY}!{DAY + 86_399}.xml.gz"
    assert "1 messages" in run("read", str(path)).output


def test_a_day_without_mail_says_so(config: Path) -> None:
    assert "No domain" in run("report", "--day", "2026-11-01", "-c", str(config)).output
    assert run("report", "--day", "tomorrow", "-c", str(config)).exit_code == 2


def test_sending_by_hand_says_what_is_missing_and_begins_nothing(config: Path) -> None:
    done = run("report", "--day", "2026-11-27", "--send", "-c", str(config))
    assert done.exit_code == 1
    assert "no next hop takes mail for other domains" in done.stderr
    assert not (config.parent / "data/dmarc").exists()


def test_what_could_not_be_sent_by_hand_is_told_and_tried_again(
    config: Path, free_port: Callable[[], int]
) -> None:
    """Nobody listens there: the gateway is down."""
    values = config.read_text().replace(
        "[[domain]]", f'[[listener]]\naddress = "127.0.0.1:{free_port()}"\n[[domain]]'
    )
    config.write_text(f'{values}[[domain]]\nname = "*"\nnext_hop = ["127.0.0.1"]\n')
    for _ in range(2):
        done = run("report", "--day", "2026-11-27", "--send", "-c", str(config))
        assert done.exit_code == 1
        assert "good.example: not sent yet, try again later:" in done.stderr


def test_a_failure_report_is_explained(tmp_path: Path) -> None:
    (tmp_path / "report.eml").write_bytes(failure_mail())
    lines = run("read", str(tmp_path / "report.eml")).output.splitlines()
    assert lines[:3] == [
        "a.sender.example  one message, seen by mx.receiver.example, 2011-10-08 20:15 UTC",
        "  what was wrong: its content was changed after it was signed by DKIM; it was refused",
        "  came from: 192.0.2.1",
    ]
    [report] = json.loads(run("read", "--json", str(tmp_path / "report.eml")).output)
    assert (report["domain"], report["failure"]) == ("a.sender.example", "bodyhash")
