"""A private Dovecot that takes mail over LMTP, by TCP and by a Unix socket, for any user.

Each address has a maildir of its own. Dovecot must be started as root.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peers.server import HOST, NOBODY, Server, maildir

CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = gatepost-{port}
protocols = lmtp
listen = {host}
ssl = no
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
auth_username_chars =
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={folder}/mail/%u allow_all_users=yes
}}
service lmtp {{
  process_limit = 50
  inet_listener lmtp {{
    address = {host}
    port = {port}
  }}
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
}}
"""


class Dovecot(Server):
    """Dovecot's LMTP server on a loopback port and on `socket`; a mailbox for every address."""

    name = "dovecot"

    @property
    def socket(self) -> Path:
        """Name the Unix socket that speaks LMTP."""
        return self.folder / "lmtp"

    def prepare(self) -> None:
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", NOBODY, NOBODY)
        configuration = CONFIGURATION.format(folder=self.folder, port=self.port, host=HOST, nobody=NOBODY)
        (self.folder / "dovecot.conf").write_text(configuration)

    def command(self) -> list[str]:
        return ["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]

    def messages(self, user: str) -> list[bytes]:
        """Read the mailbox of an address, in order of arrival; lines end in LF, trace fields on top."""
        return maildir(self.folder / "mail" / user)

    def wait_for(self, user: str, count: int, seconds: float = 30) -> list[bytes]:
        """Wait until the mailbox holds `count` messages, at most `seconds`, and read what is there then."""
        end = time.monotonic() + seconds
        new = self.folder / "mail" / user / "new"
        while time.monotonic() < end and (not new.is_dir() or len(list(new.iterdir())) < count):
            time.sleep(0.02)  # a file that another program will make: there is nothing to wait on
        return self.messages(user)

    def forget(self) -> None:
        """Remove all mailboxes."""
        for path in (self.folder / "mail").iterdir():
            shutil.rmtree(path)


@pytest.fixture(scope="session")
def dovecot_server(free_port: Callable[[], int]) -> Iterator[Dovecot]:
    """Start one Dovecot for all tests that deliver over LMTP."""
    with Dovecot(free_port()) as server:
        yield server


@pytest.fixture
def dovecot(dovecot_server: Dovecot) -> Dovecot:
    """Give the running Dovecot without any mailboxes."""
    dovecot_server.forget()
    return dovecot_server
