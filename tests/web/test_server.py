from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import socket, sys, time
from pathlib import Path
from gatepost.web.app import create_app
from gatepost.web.server import serve
data = Path(sys.argv[2])
serve(socket.socket(fileno=int(sys.argv[1])), create_app(data / "journal", data / "spool", time.time, "127.0.0.1"))
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_and_server_without_an_error(tmp_path: Path, sign: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-c", PROGRAM, str(listening.fileno()), str(tmp_path)]
        child = subprocess.Popen(
            command, pass_fds=[listening.fileno()], stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        with child:
            connection = http.client.HTTPConnection(*listening.getsockname(), timeout=30)
            connection.request("GET", "/events")
            stream = connection.getresponse()
            assert stream.readline() == b"retry: 2000\n"
            child.send_signal(sign)
            assert b"event: headline" in stream.read()
            connection.close()
            _, errors = child.communicate(timeout=30)
            assert (child.returncode, errors) == (0, b"")
