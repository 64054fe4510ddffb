from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.explain import explain


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain, arguments)


def piped(octets: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatepost", "explain", *arguments]
    done = subprocess.run(command, input=octets, capture_output=True, timeout=30, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_code_is_explained_with_its_causes_and_our_own_use_of_it() -> None:
    done = run("550")
    assert done.exit_code == 0
    assert done.output.startswith("550  permanent")
    for words in ("It commonly stands for", "user_unknown", "ip_blocklist", "relay-denied", "Beware"):
        assert words in done.output


def test_every_code_of_the_protocol_is_explained() -> None:
    for code in range(200, 600):
        assert run(str(code)).exit_code == 0


def test_an_enhanced_code_is_explained_with_what_providers_make_of_it() -> None:
    output = run("5.7.27").output
    assert "null MX" in output
    assert "Gmail" in output


def test_an_enhanced_code_that_is_not_registered_is_said_to_be_so() -> None:
    assert "Not in the registry" in run("5.99.99").output


def test_a_reply_need_not_be_quoted() -> None:
    output = run("550", "5.1.1", "User", "unknown").output
    assert "user_unknown" in output
    assert "Decided by  User unknown" in output


def test_direction_changes_whose_move_it_is() -> None:
    text = "554 5.7.1 <x@example.org>: Relay access denied"
    assert "yours" in run(text, "--direction", "received").output
    assert "the sending side's" in run(text, "--direction", "sent").output
    assert "cannot be told" in run(text).output


def test_a_reply_of_ours_shows_what_either_side_does() -> None:
    output = run("550 5.7.1 <x@y>: this gateway does not take mail (relay-denied 7zq4k0v3m8x2a)").output
    assert "Sender" in output
    assert "relay_networks" in output


def test_json_is_one_object() -> None:
    told = json.loads(run("550 5.1.1 User unknown", "--json", "--stage", "rcpt").output)
    assert (told["cause"], told["stage"], told["class"]) == ("user_unknown", "rcpt", "permanent")


def test_standard_input_is_read_reply_by_reply() -> None:
    done = piped(b"550 5.1.1 User unknown\n\n452 4.2.2 mailbox full\n", "-", "--jsonl")
    assert [json.loads(line)["cause"] for line in done.stdout.splitlines()] == [
        "user_unknown",
        "",
        "mailbox_full",
    ]


def test_lines_fit_eighty_columns() -> None:
    for text in ("550", "421", "5.7.1", "451 4.7.1 Greylisting in action, please come back later"):
        assert max(map(len, run(text).output.splitlines())) <= 80


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in run("550 \x1b[2J User unknown \x1b]0;x\x07").output


def test_a_number_that_is_no_code_is_wrong_usage() -> None:
    for text in ("999", "25", "100", " "):
        done = run(text)
        assert done.exit_code == 2
        assert "Error: " in done.stderr


LOG = """\
2026-11-23T10:00:00+00:00 gw postfix/smtp[6228]: AAAA11111111: to=<b@example.net>, \
relay=mx.example.net[192.0.2.1]:25, \
delay=0.09, delays=0.02/0.07/0/0, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: \
550 5.1.1 No such user (in reply to RCPT TO command))
2026-11-23 11:00:00 1xVVdj-00023I-2o ** c@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.2]: \
SMTP error from remote mail server after end of data: 554 5.7.1 Message refused as spam
"""


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "mail.log"
    path.write_text(LOG)
    return str(path)


def test_a_line_of_a_log_is_recognised_and_explained_with_what_it_tells() -> None:
    output = run(LOG.splitlines()[1]).output
    assert output.startswith("554 5.7.1 Message refused as spam\n")
    for words in ("Written by  Exim, 2026-11-23 11:00:00", "after the message", "c@example.com", "spam"):
        assert words in output


def test_a_log_is_summed_up_whatever_systems_wrote_it(log: str) -> None:
    done = run(log)
    assert done.exit_code == 0
    assert "Postfix, Exim" in done.output or "Exim, Postfix" in done.output
    assert "2 refused" in done.output


def test_a_log_comes_by_a_pipe_too() -> None:
    done = piped(LOG.encode(), "-", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["systems"] == {"postfix": 1, "exim": 1}


def test_a_reply_of_several_lines_on_standard_input_is_one_reply() -> None:
    done = piped(b"550-5.1.1 The account\r\n550 5.1.1 does not exist\r\n", "-", "--json")
    assert json.loads(done.stdout)["cause"] == "user_unknown"


def test_each_line_has_its_answer_in_order() -> None:
    lines = [*LOG.splitlines(), "", "Nov 23 15:05:55 gw cron[1]: hello", "421 4.7.0 try later"]
    done = piped("\n".join(lines).encode(), "-", "--jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["code"], one["stage"], one["result"], one["system"]) for one in found] == [
        (550, "rcpt", "bounced", "postfix"),
        (554, "content", "bounced", "exim"),
        (None, "unknown", "", ""),
        (None, "unknown", "", ""),
        (421, "unknown", "", "plain"),
    ]
    assert all(set(found[0]) == set(one) for one in found)


def test_the_answer_for_a_line_is_the_same_from_a_file(log: str) -> None:
    assert piped(b"", log, "--jsonl").stdout == piped(LOG.encode(), "-", "--jsonl").stdout


def test_filters_choose_what_is_answered(log: str) -> None:
    found = json.loads(run(log, "--json", "--domain", "example.net", "--since", "2026-11-23").output)
    assert [row["cause"] for row in found["causes"]] == ["user_unknown"]
    assert piped(b"", log, "--jsonl", "--cause", "spam_content").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["/no/such/mail.log"], 1, "There is no file /no/such/mail.log; is the name right, and the folder?"),
        (["x", "--cause", "graylist"], 2, "did you mean greylist?"),
        (["x", "--since", "soon"], 2, "'soon' is no time; write 2h"),
        (["x", "--json", "--csv"], 2, "--json and --csv do not go together; choose one."),
        (
            ["x", "--since", "2026-11-23", "--until", "2026-11-01"],
            2,
            "--since is later than --until; swap them.",
        ),
        (["--html", "mail.log", "x"], 2, "--html takes the name of a new page"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(arguments: list[str], status: int, sentence: str) -> None:
    done = run(*arguments)
    assert done.exit_code == status
    assert sentence in done.stderr
    assert done.stdout == ""


def test_nothing_on_standard_input_is_an_error() -> None:
    done = piped(b"", "-")
    assert (done.returncode, done.stderr) == (1, "Error: standard input is empty.\n")


def test_a_letter_is_written_to_the_one_who_was_named() -> None:
    sender = run("452 4.2.2 mailbox full", "--for", "sender").output
    assert sender.startswith("Your message")
    assert sender != run("452 4.2.2 mailbox full", "--for", "admin").output


def test_colour_is_for_terminals_only(log: str) -> None:
    assert "\x1b[" not in run(log).output
    assert "\x1b[" in CliRunner().invoke(explain, [log], color=True).output


def test_help_shows_examples_and_sorts_the_options() -> None:
    shown = run("--help").output
    assert shown.index("gatepost explain 550") < shown.index("Of a log:") < shown.index("For programs:")
    assert all(option in shown for each in explain.params for option in each.opts if option.startswith("--"))


def test_what_a_code_needs_is_all_that_is_imported() -> None:
    program = (
        "import sys; from gatepost.cli import main; main(['explain', '550'], standalone_mode=False);"
        "print(sorted({'rich', 'jinja2', 'gatepost.maillog.readers', 'multiprocessing'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
