"""The inspectors of a worker: started when they are needed, asked one question at a time, killed when they overstay.

A worker waits for an answer, never for an inspector to behave: whatever goes wrong ends with the process killed and a
`Failed`, and the next message gets a fresh one. Raises nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from gatepost.checks.content.inspection_settings import InspectionSettings
from gatepost.checks.content.inspector import Failed, File, Inspected
from gatepost.gateway.inspector.question import MAX_ANSWER, READY, Named, Question, decode_answer, framed

if TYPE_CHECKING:  # it brings yara-x, which not every worker needs
    from gatepost.checks.content.yara import Compiled

_START_SECONDS: Final = 30.0
_GRACE: Final = 2.0
"""Seconds of waiting beyond those of computing: an inspector that is merely scheduled late is not killed."""
_MAX_NAME: Final = 300
_SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class _GoneError(Exception):
    """The inspector ended, or said what no inspector says."""


class _TiredError(Exception):
    """The inspector ended by itself, as it does after much work; another one will do the same for the question."""


class _Process:
    """One inspector."""

    def __init__(self, memory: int, rules: Compiled | None) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-m", "gatepost.gateway.inspector.process", str(memory)]
        passed: tuple[int, ...] = ()
        with theirs:
            try:
                if rules is not None:
                    passed = (_shared((rules.octets,)),)
                    command += [str(passed[0]), str(rules.seconds)]
                self._child = subprocess.Popen(  # noqa: S603 - our own program
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    close_fds=True,
                    pass_fds=passed,
                )
            finally:
                for memory_file in passed:
                    os.close(memory_file)
        ours.setblocking(False)
        self._line = ours
        self._ready = False

    async def ask(self, question: Question, shared: int, seconds: float) -> Inspected:
        """Ask once. Raises _TiredError, _GoneError, TimeoutError or OSError; then it is good for nothing more."""
        if self._child.poll() is not None:  # whatever ended it, it was not this question
            raise _TiredError
        if not self._ready:
            async with asyncio.timeout(_START_SECONDS):
                if await self._read(len(READY)) != READY:
                    raise _GoneError("an inspector did not start as it should")
            self._ready = True
        async with asyncio.timeout(seconds):
            octets = framed(question)
            try:
                sent = socket.send_fds(self._line, [octets], [shared])
                await asyncio.get_running_loop().sock_sendall(self._line, octets[sent:])
            except (BrokenPipeError, ConnectionResetError):
                self._ended()
            size = int.from_bytes(await self._read(4), "big")
            if size > MAX_ANSWER:
                raise _GoneError(f"an answer of {size:,} octets")
            try:
                return decode_answer(await self._read(size))
            except msgspec.MsgspecError as error:
                raise _GoneError(f"an answer that is none: {error}") from None

    async def _read(self, size: int) -> bytes:
        """Read so many octets. Raises _TiredError, _GoneError."""
        loop = asyncio.get_running_loop()
        pieces: list[bytes] = []
        while size:
            try:
                piece = await loop.sock_recv(self._line, min(size, 1 << 18))
            except ConnectionResetError:  # it ended with a part of the question unread
                piece = b""
            if not piece:
                self._ended()
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _ended(self) -> NoReturn:
        try:
            status = self._child.wait(1)
        except subprocess.TimeoutExpired:
            raise _GoneError("the inspector closed its line") from None
        if status == 0:
            raise _TiredError
        if status == -signal.SIGXCPU:
            raise _GoneError("it took more processor time than it may")
        if status < 0:
            raise _GoneError(f"the inspector was ended by {signal.Signals(-status).name}")
        raise _GoneError(f"the inspector ended with status {status}")

    def kill(self) -> None:
        """End it at once."""
        self._line.close()
        self._child.kill()
        self._child.wait()


class InspectorPool:
    """Asks inspectors; as many work at one time as the settings say. `rules` are matched against all they see."""

    def __init__(self, settings: InspectionSettings, rules: Compiled | None = None) -> None:
        self._settings = settings
        self._rules = rules
        self._free = asyncio.Semaphore(settings.processes)
        self._idle: list[_Process] = []
        self._busy: set[_Process] = set()

    async def inspect(
        self, files: Sequence[File], passwords: Sequence[str] = (), message: bytes = b""
    ) -> Inspected | Failed:
        """Look into all files of one message, trying `passwords` on what is encrypted. Raises nothing.

        `message` are its own octets, to be looked at as a whole; none where nobody looks so.
        """
        settings = self._settings
        try:
            async with asyncio.timeout(settings.wait):
                await self._free.acquire()
        except TimeoutError:
            return Failed(f"no inspector was free within {settings.wait:g} s", by_content=False)
        try:
            return await self._ask(files, passwords, message)
        except OSError as error:
            return Failed(f"no inspector could be asked: {error.strerror or error}", by_content=False)
        finally:
            self._free.release()

    async def _ask(
        self, files: Sequence[File], passwords: Sequence[str], message: bytes
    ) -> Inspected | Failed:
        settings = self._settings
        question = Question(
            files=tuple([Named(file.name[:_MAX_NAME], len(file.octets)) for file in files]),
            passwords=tuple(passwords),
            octets=settings.unpacked,
            member=settings.unpacked_file,
            members=settings.files,
            seconds=settings.seconds,
            message=len(message),
        )
        shared = _shared([*(file.octets for file in files), message])
        try:
            while True:
                try:
                    return await self._ask_one(question, shared)
                except _TiredError:
                    continue
        except _GoneError as error:
            return Failed(str(error), by_content=True)
        except TimeoutError:
            return Failed(f"looking into it took more than {settings.seconds} s", by_content=True)
        finally:
            os.close(shared)

    async def _ask_one(self, question: Question, shared: int) -> Inspected:
        """Ask an inspector that is idle, or a new one; one that fails is killed. Raises as `_Process.ask`."""
        process = self._idle.pop() if self._idle else _Process(self._settings.memory, self._rules)
        self._busy.add(process)
        try:
            answer = await process.ask(question, shared, question.seconds + _GRACE)
        except BaseException:
            process.kill()
            raise
        finally:
            self._busy.discard(process)
        self._idle.append(process)
        return answer

    def close(self) -> None:
        """End all inspectors."""
        for process in (*self._idle, *self._busy):
            process.kill()
        self._idle.clear()


def _shared(contents: Sequence[bytes]) -> int:
    """Put contents behind one another into memory that can be passed on and changed by nobody. Raises OSError."""
    shared = os.memfd_create("gatepost-files", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for octets in contents:
            rest = memoryview(octets)
            while rest:
                rest = rest[os.write(shared, rest) :]
        fcntl.fcntl(shared, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(shared)
        raise
    return shared
