"""The summary of a large Postfix log, beside what can be had otherwise: how fast, at which cost in CPU and memory.

    python -m bench.explain_log [--size 1G] [--quick] [--json FILE]

The log is made first (`bench.postfix_log`), read once so that the disk has no part in it, and removed at the end.
Then `gatepost explain`, ripgrep, grep and pflogsumm read it in turn, several rounds, so that whatever else the
machine does hits all; figures are medians. ripgrep and grep count the lines that tell a fate by one expression, and
must come to the number that Gatepost took apart. pflogsumm is slow: it gets the first part of the log, and its time
is scaled.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.accounting import Account, Peak, machine
from bench.postfix_log import write

UNITS: Final = {"K": 10**3, "M": 10**6, "G": 10**9}
TIME_LIMIT: Final = 900.0
PART: Final = 40_000_000  # octets that pflogsumm gets
# The lines that tell what became of a message, or of an attempt to hand one in.
FATES: Final = (
    r"postfix/[a-z/]+\[[0-9]+\]: ([0-9A-Z]+: (to=<[^>]*>, relay=[^,]*, .*dsn=[0-9.]+, "
    r"status=(sent|deferred|bounced) \(|client=|(milter-)?reject: [A-Z-]+ from )|warning: .*: SASL [A-Z]+ "
    r"authentication failed)"
)
WORDS: Final = "status=(sent|deferred|bounced) |client=|reject: |authentication failed"


@dataclass(frozen=True)
class Run:
    """One reading of a log by one program."""

    octets: int
    seconds: float
    cpu: float
    said: str

    @property
    def speed(self) -> float:
        """Megabytes a second."""
        return self.octets / self.seconds / 1e6


def size(text: str) -> int:
    """Read "250M" or "1G"."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)", text.strip().upper().removesuffix("B"))
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 250M or 1G")
    return int(float(found[1]) * UNITS.get(found[2], 1))


def explain(path: Path) -> list[str]:
    """Give the command that makes the full summary of a log."""
    return [sys.executable, "-m", "gatepost", "explain", "--json", str(path)]


def run(command: list[str], octets: int, *, account: Account | None = None) -> Run:
    """Run a command to its end."""
    before, start = os.times(), time.perf_counter()
    prefix = account.prefix() if account else []
    done = subprocess.run(
        prefix + command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False, env=environment()
    )
    seconds, after = time.perf_counter() - start, os.times()
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(octets, seconds, cpu, done.stdout)


def environment() -> dict[str, str]:
    """Give the environment of all programs: octets are octets, and modules are compiled once, as where installed."""
    found = {**os.environ, "LC_ALL": "C"}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


def programs(log: Path, part: Path) -> dict[str, tuple[list[str], Path]]:
    """Name what is compared: the command, and what it reads."""
    found: dict[str, tuple[list[str], Path]] = {"gatepost explain": (explain(log), log)}
    if os.cpu_count() != 1 and shutil.which("taskset"):
        found["gatepost explain, one core"] = (["taskset", "-c", "0", *explain(log)], log)
    if shutil.which("rg"):
        found["rg -c, the same lines"] = (["rg", "-c", FATES, str(log)], log)
        found["rg -c, words only"] = (["rg", "-c", WORDS, str(log)], log)
    found["grep -cE, the same lines"] = (["grep", "-cE", FATES, str(log)], log)
    if shutil.which("pflogsumm"):
        found["pflogsumm"] = (["pflogsumm", str(part)], part)
    return found


def compare(log: Path, part: Path, rounds: int) -> dict[str, list[Run]]:
    """Run all programs in turn, several rounds."""
    found = programs(log, part)
    runs: dict[str, list[Run]] = {name: [] for name in found}
    for number in range(rounds):
        for name, (command, path) in found.items():
            runs[name].append(one := run(command, path.stat().st_size))
            print(
                f"  {number + 1}/{rounds}  {name:28} {one.seconds:7.2f} s {one.cpu:7.2f} s of CPU"
                f" {one.speed:8.0f} MB/s",
                flush=True,
            )
    return runs


def peak(log: Path) -> float:
    """Give the megabytes that all processes of one reading hold at most, shared pages counted once."""
    account = Account("explain")
    try:
        if not account.exact:
            return 0.0
        with Peak(account) as most:
            run(explain(log), log.stat().st_size, account=account)
        return most.megabytes
    finally:
        account.close()


def agree(runs: dict[str, list[Run]]) -> int:
    """Tell how many fates were counted; raise where the programs do not agree on them."""
    summary = json.loads(runs["gatepost explain"][0].said)
    counted = sum(summary["results"].values())
    for name, ones in runs.items():
        if name.endswith("the same lines") and int(ones[0].said) != counted:
            raise RuntimeError(
                f"{name} finds {ones[0].said.strip()} lines where Gatepost took {counted} apart"
            )
    return int(counted)


def median(runs: list[Run]) -> Run:
    """Give the middle one by speed."""
    middle = statistics.median_low(sorted(one.speed for one in runs))
    return next(one for one in runs if one.speed == middle)


def table(runs: dict[str, list[Run]]) -> list[str]:
    """Lay out what was measured, against ours."""
    ours = median(runs["gatepost explain"])
    lines = ["| program | MB/s | CPU s/GB | ours is |", "| --- | ---: | ---: | ---: |"]
    for name, ones in runs.items():
        one = median(ones)
        ratio = ours.speed / one.speed
        said = (
            "" if name == "gatepost explain" else f"{ratio:.1f} times" if ratio >= 1 else f"1/{1 / ratio:.1f}"
        )
        lines.append(f"| {name} | {one.speed:,.0f} | {one.cpu / one.octets * 1e9:.1f} | {said} |")
    return lines


def measure(folder: Path, octets: int, rounds: int) -> dict[str, Any]:
    """Make the logs, run everything, print it, and give it as plain values."""
    log, quarter, part = folder / "mail.log", folder / "quarter.log", folder / "part.log"
    print(f"Writing a Postfix log of {octets / 1e6:,.0f} MB ...", flush=True)
    write(log, octets)
    write(quarter, octets // 4)
    write(part, min(octets, PART))
    for path in (log, quarter, part):
        run(["wc", "-l", str(path)], path.stat().st_size)
    run(explain(part), 0)
    runs = compare(log, part, rounds)
    fates = agree(runs)
    of_quarter = [run(explain(quarter), quarter.stat().st_size) for _ in range(rounds)]
    memory = {"all": peak(log), "a quarter": peak(quarter)}
    ours, less = median(runs["gatepost explain"]), median(of_quarter)
    growth = ours.seconds / less.seconds
    print()
    print("\n".join(table(runs)))
    whole, part_of_it = memory["all"], memory["a quarter"]
    print(f"\nFates taken apart: {fates:,}, and as many lines found by the others.")
    print(f"Memory of all processes at most: {whole:.0f} MB; for a quarter of the log {part_of_it:.0f} MB.")
    print(
        f"A quarter takes {less.seconds:.2f} s, the whole {ours.seconds:.2f} s: {growth:.1f} times as long."
    )
    return {
        "machine": facts(folder),
        "octets": octets,
        "fates": fates,
        "megabytes": memory,
        "growth": growth,
        "runs": {
            name: [{key: value for key, value in asdict(one).items() if key != "said"} for one in ones]
            for name, ones in runs.items()
        },
    }


def facts(folder: Path) -> dict[str, Any]:
    """Say what this was run on, and with which versions."""
    found = {key: value for key, value in machine(folder).items() if key != "postfix"}
    for name, command in (
        ("ripgrep", ["rg", "--version"]),
        ("grep", ["grep", "--version"]),
        ("pflogsumm", ["pflogsumm", "--version"]),
    ):
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            found[name] = (done.stdout or done.stderr).strip().partition("\n")[0]
    return found | {"command": "python -m bench.explain_log " + " ".join(sys.argv[1:])}


def main() -> int:
    reader = argparse.ArgumentParser(
        description="The summary of a large Postfix log, beside grep and pflogsumm."
    )
    reader.add_argument("--size", type=size, default=None, help="of the log: 250M, 1G (the default)")
    reader.add_argument("--quick", action="store_true", help="a small log and one round: a rough look")
    reader.add_argument("--json", type=Path, help="write all figures to a file")
    options = reader.parse_args()
    octets = options.size or (100_000_000 if options.quick else 1_000_000_000)
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-") as folder:
        found = measure(Path(folder), octets, 1 if options.quick else 3)
    print("\n".join(f"{key}: {value}" for key, value in found["machine"].items()))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
