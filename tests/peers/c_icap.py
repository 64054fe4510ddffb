"""A real c-icap of our own for tests: its echo service, and its virus scanner with a clamd of ours behind it.

@pytest.mark.peer("c-icap", "clamd")
def test_something(free_port, tmp_path):
    with clamd_running(tmp_path) as clamd, CIcap(free_port(), clamd) as icap:
        ... f"icap://{icap.address}/avscan" ...
"""

from __future__ import annotations

import getpass
import grp
import os
import signal
from pathlib import Path

from tests.peers.clamd import Clamd
from tests.peers.rspamd import answers, signal_all
from tests.peers.server import HOST, Server


class CIcap(Server):
    """One c-icap with one child; without a clamd it has the echo service alone."""

    name = "c-icap"

    def __init__(self, port: int, clamd: Clamd | None = None) -> None:
        super().__init__(port)
        self._clamd = clamd

    def prepare(self) -> None:
        """Write the settings."""
        modules = next(Path("/usr/lib").glob("*/c_icap"))
        folder = self.folder
        scanner = (
            f"""
Module common clamd_mod.so
clamd_mod.ClamdSocket {self._clamd.socket}
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE
virus_scan.MaxObjectSize 20M
virus_scan.DefaultEngine clamd
"""
            if self._clamd is not None
            else ""
        )
        (folder / "c-icap.conf").write_text(
            f"""
PidFile {folder}/pid
CommandsSocket {folder}/control
Port {self.address}
User {getpass.getuser()}
Group {grp.getgrgid(os.getgid()).gr_name}
StartServers 1
MaxServers 2
MinSpareThreads 2
MaxSpareThreads 8
ThreadsPerChild 8
TmpDir {folder}
ModulesDir {modules}
ServicesDir {modules}
TemplateDir /usr/share/c_icap/templates/
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {folder}/server.log
AccessLog {folder}/access.log
Service echo srv_echo.so
{scanner}"""
        )

    def command(self) -> list[str]:
        """Give the command."""
        return ["c-icap", "-N", "-f", str(self.folder / "c-icap.conf")]

    def ready(self) -> bool:
        """Tell whether it knows its echo service."""
        question = f"OPTIONS icap://{self.address}/echo ICAP/1.0\r\nHost: {HOST}\r\n\r\n"
        return answers(self.port, question.encode(), b"ICAP/1.0 200 ")

    def pause(self) -> None:
        """Make it as slow as can be: the system still takes connections for it, but nobody reads."""

        signal_all(self, signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""

        signal_all(self, signal.SIGCONT)
