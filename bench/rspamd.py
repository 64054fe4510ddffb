"""Rspamd with its SPF, DKIM and DMARC modules and nothing else, for `bench.identity`: Debian's package, one worker.

No rules, no statistics, no lists, no controller. It asks the name server that it is given, and remembers
records as it does by default.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from pathlib import Path
from typing import Any, Final

from bench.accounting import TICK
from tests.peers.corpus import CACHE
from tests.peers.server import HOST, Server

PROGRAM: Final = "/usr/bin/rspamd"
_PLUGINS: Final = "/usr/share/rspamd/plugins"
_SETTINGS: Final = """
options {{
    pidfile = "{folder}/pid";
    filters = "dkim";
    dns {{ nameserver = ["{nameserver}"]; timeout = 2s; }}
    url_tld = "/usr/share/rspamd/effective_tld_names.dat";
    tempdir = "{folder}";
    cache_file = "{folder}/symbols.cache";
    hs_cache_dir = "{cache}/";
    control_socket = "{folder}/control mode=0600";
    check_all_filters = true;
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "error"; }}
worker "normal" {{ bind_socket = "{host}:{port}"; count = 1; }}
spf {{ spf_cache_size = 2k; }}
dkim {{ dkim_cache_size = 2k; trusted_only = false; }}
dmarc {{ }}
actions {{ reject = 15; }}
group "policies" {{ .include "/etc/rspamd/scores.d/policies_group.conf" }}
modules {{ path = "{folder}/plugins"; }}
"""


class Rspamd(Server):
    """Rspamd on a loopback port; `nameserver` is "host:port"."""

    name = "rspamd"
    start_seconds = 300.0  # the first time it compiles the list of public suffixes

    def __init__(self, port: int, nameserver: str) -> None:
        super().__init__(port)
        self.nameserver = nameserver

    def prepare(self) -> None:
        """Write the settings, and put the three modules where it looks for modules."""
        plugins = self.folder / "plugins"
        plugins.mkdir()
        for module in ("spf", "dmarc"):  # DKIM is built in
            (plugins / f"{module}.lua").symlink_to(f"{_PLUGINS}/{module}.lua")
        cache = CACHE / "rspamd"  # what it compiles
        cache.mkdir(parents=True, exist_ok=True)
        values = {
            "folder": self.folder,
            "cache": cache,
            "host": HOST,
            "port": self.port,
            "nameserver": self.nameserver,
        }
        (self.folder / "rspamd.conf").write_text(_SETTINGS.format(**values))

    def command(self) -> list[str]:
        """Give the command."""
        return [PROGRAM, "-f", "-i", "-c", str(self.folder / "rspamd.conf")]

    def ready(self) -> bool:
        """Tell whether its worker answers."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        return False

    def worker_cpu(self) -> float:
        """Give the CPU seconds that its worker has used so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        [worker] = [pid for pid in children if b"normal" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK


def check(port: int, message: bytes, envelope: dict[str, str], times: int) -> dict[str, Any]:
    """Have a message checked so many times over one connection; give the last answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    answer = b"{}"
    for _ in range(times):
        connection.request("POST", "/checkv2", message, envelope)
        answer = connection.getresponse().read()
    connection.close()
    found: dict[str, Any] = json.loads(answer)
    return found


def version() -> str:
    """Give its version, by its own words."""
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=20, check=True)
    return said.stdout.split()[-1]
