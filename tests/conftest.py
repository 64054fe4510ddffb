"""What all tests share: the order they run in, what happens to a test that lacks its peer, ports and folders.

A test marked `peer("postfix")` needs a real program from the system. Where the program is missing the test
skips and says which package to install; under CI=true nothing may be skipped, so there a skip, of whatever
kind, is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.server import free_ports

pytest_plugins = [
    "tests.peers.corpus",
    "tests.peers.dovecot",
    "tests.peers.mail_dkim",
    "tests.peers.mailauth",
    "tests.peers.opendmarc",
    "tests.peers.postfix",
    "tests.peers.sink",
]

CI = os.environ.get("CI") == "true"

# Fast and low first: a broken parser is then seen before twenty dialogues fail because of it.
ORDER = (
    "mail",
    "reply",
    "smtp",
    "mailauth",
    "maillog",
    "checks",
    "policy",
    "spool",
    "journal",
    "reception",
    "delivery",
    "gateway",
    "web",
    "cli",
    "fuzz",
    "architecture",
    "dialogues",
    "peers",
    "crash",
)

# The programs a peer consists of, and the Debian package that brings them.
PEERS: dict[str, tuple[tuple[str, ...], str]] = {
    "postfix": (("/usr/sbin/postfix", "/usr/sbin/postconf"), "postfix"),
    "smtp-source": (("/usr/sbin/smtp-source",), "postfix"),
    "smtp-sink": (("/usr/sbin/smtp-sink",), "postfix"),
    "dovecot": (("/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"), "dovecot-lmtpd"),
    "clamd": (("/usr/sbin/clamd",), "clamav-daemon"),
    "rspamd": (("/usr/bin/rspamd",), "rspamd"),
    "spamd": (("/usr/sbin/spamd",), "spamd"),
    "c-icap": (("/usr/bin/c-icap",), "c-icap libc-icap-mod-virus-scan"),
    "srs": (("srs",), "srs"),
    "swaks": (("swaks",), "swaks"),
    "nsd": (("/usr/sbin/nsd",), "nsd"),
    "unbound": (("/usr/sbin/unbound",), "unbound"),
    "chromium": (("chromium",), "chromium"),
    "corpus": (("npm",), "npm"),
    "mailauth": (("npm", "node"), "npm"),
    "node": (("node",), "nodejs"),
    "opendkim": (("/usr/sbin/opendkim",), "opendkim"),
    "mail-dkim": (("apt-get",), "apt"),
    "7z": (("7z",), "p7zip-full"),
    "arj": (("arj",), "arj"),
    "compress": (("compress",), "ncompress"),
    "gcab": (("gcab",), "gcab"),
    "genisoimage": (("genisoimage",), "genisoimage"),
    "namespaces": (("ip",), "iproute2"),
}

NEED_ROOT = ("postfix", "dovecot", "namespaces")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order of the layers, what is slow within a layer last."""
    root = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[int, bool]:
        top = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        return (ORDER.index(top) if top in ORDER else len(ORDER), item.get_closest_marker("slow") is not None)

    items.sort(key=place)


def missing_peer(name: str) -> str:
    """Say in one sentence what the peer lacks on this machine; empty when it is all there."""
    programs, package = PEERS[name]
    if name in NEED_ROOT and os.geteuid() != 0:
        return f"{name} can only be started by root"
    lacking = [program for program in programs if shutil.which(program) is None]
    if not lacking:
        return ""
    return f"{name} needs {' and '.join(lacking)}: apt install --no-install-recommends {package}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose peer is missing, with the package that brings it."""
    for marker in item.iter_markers("peer"):
        for name in marker.args:
            if name not in PEERS:
                pytest.fail(
                    f"tests/conftest.py knows no peer {name!r}; it knows {', '.join(PEERS)}", pytrace=False
                )
            if reason := missing_peer(name):
                pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn every skip into a failure under CI=true: what was not tested there was not tested anywhere."""
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"Under CI=true no test may be skipped, and {item.nodeid} was: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skip of a whole module into a failure under CI=true too."""
    report = yield
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = (
            f"Under CI=true no module may be skipped, and {collector.nodeid} was: {report.longrepr}"
        )
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List each reason for skipping once: a laptop without peers should say what it did not look at."""
    skipped: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[reason] = skipped.get(reason, 0) + 1
    for reason, count in skipped.items():
        terminalreporter.write_line(
            f"NOT TESTED ({count}): {reason.removeprefix('Skipped: ')}", yellow=True, bold=True
        )


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Give a loopback port that nobody listens on, another at each call and in each parallel worker."""
    return free_ports().__next__


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Give an empty data directory of the gateway."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder
