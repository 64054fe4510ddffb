"""A real Rspamd of our own for tests: no rules but two in Lua, no network, a port of its own.

`BEACON` adds 20 for the word "beacon", `FOGHORN` adds 7 for "foghorn"; "later" is refused softly.

    @pytest.mark.peer("rspamd")
    def test_something(free_port):
        with Rspamd(free_port()) as rspamd:
            ... rspamd.address ...
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from tests.peers.server import HOST, Server

USER = "_rspamd"
RULES = """
local function says(word)
  return function(task)
    return tostring(task:get_content()):find(word, 1, true) ~= nil
  end
end
rspamd_config:register_symbol{name = 'BEACON', score = 20.0, group = 't', callback = says('beacon')}
rspamd_config:register_symbol{name = 'FOGHORN', score = 7.0, group = 't', callback = says('foghorn')}
rspamd_config:register_symbol{name = 'TOLD', score = 0.1, group = 't', callback = function(task)
  local from, ip = task:get_from('smtp'), task:get_ip()
  return tostring(ip) == '192.0.2.7' and task:get_helo() == 'client.test' and #task:get_recipients('smtp') == 2
    and from ~= nil and from[1].addr == 'a@client.test'
end}
rspamd_config:register_symbol{name = 'LATER', type = 'postfilter', callback = function(task)
  if tostring(task:get_content()):find('come later', 1, true) then
    task:set_pre_result('soft reject', 'Try again later')
  end
end}
"""


class Rspamd(Server):
    """One Rspamd; `pause` stops all its processes."""

    name = "rspamd"
    start_seconds = 60.0

    def prepare(self) -> None:
        """Write settings that use nothing of the system's."""
        folder = self.folder
        (folder / "tld").write_text("com\ntest\n")  # its own list takes seconds to be compiled
        (folder / "rules.lua").write_text(RULES)
        (folder / "rspamd.conf").write_text(
            f"""
options {{
  filters = ""; explicit_modules = []; pidfile = "{folder}/pid"; hs_cache_dir = "{folder}"; tempdir = "{folder}";
  url_tld = "{folder}/tld"; control_socket = "{folder}/control mode=0600"; dns {{ nameserver = ["{HOST}:9"]; }}
}}
logging {{ type = "console"; level = "warning"; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
lua = "{folder}/rules.lua";
worker "normal" {{ bind_socket = "{self.address}"; count = 1; }}
"""
        )
        for path in (folder, *folder.iterdir()):
            if os.geteuid() == 0:
                shutil.chown(path, USER)

    def command(self) -> list[str]:
        """Give the command."""
        as_root = ["--insecure"] if os.geteuid() == 0 else []
        return ["rspamd", "--no-fork", *as_root, "--config", str(self.folder / "rspamd.conf")]

    def ready(self) -> bool:
        """Tell whether it answers a ping."""
        return answers(self.port, b"GET /ping HTTP/1.0\r\n\r\n", b"pong")

    def pause(self) -> None:
        """Make it as slow as can be: the system still takes connections for it, but nobody reads."""
        signal_all(self, signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        signal_all(self, signal.SIGCONT)


def answers(port: int, question: bytes, words: bytes) -> bool:
    """Tell whether a server says these words to a question."""
    import socket

    try:
        with socket.create_connection((HOST, port), 1) as connection:
            connection.settimeout(5)
            connection.sendall(question)
            heard = b""
            while words not in heard and (more := connection.recv(4096)):
                heard += more
            return words in heard
    except OSError:
        return False


def signal_all(server: Server, number: int) -> None:
    """Send a signal to a server's own process and its children."""
    assert server.process is not None
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in map(int, (pid, *children)):
        os.kill(each, number)
