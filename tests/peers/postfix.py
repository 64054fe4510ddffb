"""A private Postfix: the mail server behind the gateway, or the one that Gatepost is measured against.

Without a next hop it takes mail for any recipient and delivers all of it into one maildir, the content
untouched: no rewriting of header fields, no MIME conversion, no dropped fields, no broken lines. With a
next hop it relays with Debian's default queue. Postfix must be started as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peers.server import HOST, NOBODY, Server, maildir

DAEMONS = Path("/usr/lib/postfix/sbin")
SIZE_LIMIT = 60_000_000

# What a store-and-forward Postfix needs; nothing in a chroot, which would want files of the system in it.
SERVICES = """\
{address} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Server):
    """Postfix on a loopback port: final destination of all mail, or relay to `next_hop` ("host:port")."""

    name = "postfix"

    def __init__(self, port: int, next_hop: str = "", settings: dict[str, str] | None = None) -> None:
        super().__init__(port)
        self.next_hop = next_hop
        self.extra = settings or {}

    def settings(self) -> dict[str, str]:
        """Give main.cf as a table."""
        common = {
            "compatibility_level": "3.6",
            "queue_directory": f"{self.folder}/spool",
            "data_directory": f"{self.folder}/data",
            "command_directory": "/usr/sbin",
            "daemon_directory": str(DAEMONS),
            "shlib_directory": "/usr/lib/postfix",
            "meta_directory": "/etc/postfix",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "maillog_file": f"{self.folder}/log",
            "maillog_file_prefixes": str(self.folder),
            "myhostname": "postfix.test",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": HOST,
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "local_transport": "error:there are no local users",
            # Nothing here may wait for a name server.
            "disable_dns_lookups": "yes",
            "smtp_host_lookup": "native",
            "smtpd_peername_lookup": "no",
            "smtpd_tls_security_level": "none",
            "smtp_tls_security_level": "none",
            "message_size_limit": str(SIZE_LIMIT),
            "smtpd_client_connection_count_limit": "0",
            "smtpd_client_connection_rate_limit": "0",
            "smtpd_client_event_limit_exceptions": "127.0.0.0/8",
        }
        if self.next_hop:
            host, _, port = self.next_hop.rpartition(":")
            return common | {"relayhost": f"[{host}]:{port}"} | self.extra
        destination = {
            "virtual_mailbox_domains": "static:all",
            "virtual_mailbox_maps": "static:inbox/",
            "virtual_mailbox_base": f"{self.folder}/mail",
            "virtual_mailbox_limit": "0",
            "virtual_uid_maps": f"static:{NOBODY}",
            "virtual_gid_maps": f"static:{NOBODY}",
            # What comes in is what is stored.
            "local_header_rewrite_clients": "",
            "message_drop_headers": "",
            "disable_mime_input_processing": "yes",
            "header_size_limit": str(SIZE_LIMIT),
            "smtpd_forbid_bare_newline": "no",
            "smtputf8_enable": "yes",
            # Messages of a corpus have been through many servers, and have been where they are now going.
            "hopcount_limit": "200",
            "smtpd_hard_error_limit": "1000",
        }
        return common | destination | self.extra

    def prepare(self) -> None:
        for name in ("conf", "spool", "data", "mail"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "mail", NOBODY, NOBODY)
        shutil.chown(self.folder / "data", "postfix")
        configuration = "".join(f"{name} = {value}\n" for name, value in self.settings().items())
        (self.folder / "conf/main.cf").write_text(configuration)
        (self.folder / "conf/master.cf").write_text(SERVICES.format(address=self.address))
        # Makes the folders of the queue with the owners that Postfix wants.
        check = subprocess.run(
            ["/usr/sbin/postfix", "-c", self.folder / "conf", "check"],
            capture_output=True,
            timeout=30,
            check=False,
        )
        if check.returncode:
            raise RuntimeError(
                f"Postfix does not like its configuration: {check.stderr.decode(errors='replace')}"
            )

    def command(self) -> list[str]:
        return [str(DAEMONS / "master"), "-c", str(self.folder / "conf"), "-d"]

    def messages(self) -> list[bytes]:
        """Read what was delivered, in order of arrival; lines end in LF, trace fields on top."""
        return maildir(self.folder / "mail/inbox")

    def wait_for(self, count: int, seconds: float = 30) -> list[bytes]:
        """Wait until `count` messages were delivered, at most `seconds`, and read what is there then."""
        end = time.monotonic() + seconds
        inbox = self.folder / "mail/inbox/new"
        while time.monotonic() < end and (not inbox.is_dir() or len(list(inbox.iterdir())) < count):
            time.sleep(0.02)  # a file that another program will make: there is nothing to wait on
        return self.messages()

    def forget(self) -> None:
        """Empty the maildir."""
        for path in (self.folder / "mail").glob("inbox/*/*"):
            path.unlink()

    def queue(self) -> str:
        """Show what waits in the queue."""
        shown = subprocess.run(
            ["/usr/sbin/postqueue", "-c", self.folder / "conf", "-p"],
            capture_output=True,
            timeout=30,
            check=False,
        )
        return shown.stdout.decode(errors="replace")


@pytest.fixture(scope="session")
def postfix_server(free_port: Callable[[], int]) -> Iterator[Postfix]:
    """Start one Postfix for all tests that want a mail server behind the gateway."""
    with Postfix(free_port()) as server:
        yield server


@pytest.fixture
def postfix(postfix_server: Postfix) -> Postfix:
    """Give the running Postfix with an empty maildir."""
    postfix_server.forget()
    return postfix_server
