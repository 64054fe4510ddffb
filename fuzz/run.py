"""Run the fuzz targets: each `fuzz/fuzz_NAME.py` has a `target(data)` that must hold for any octets.

    python fuzz/run.py [--seconds 20] [NAME ...]

With atheris (a coverage-guided fuzzer) each target is searched for so many seconds, beginning from its seeds in
`fuzz/seeds/NAME/`; input that breaks it is kept there, so that the tests replay it from then on. Without atheris the
seeds are replayed. Each target runs in a process of its own, as a crash or a hang must not end the others.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
# Octets; what a parser does with a line of this length it does with a longer one.
MAX_INPUT = 65_536
# One input must not take longer: hostile input is normal input.
SECONDS_PER_INPUT = 5
REPLAY_SECONDS = 120


def targets() -> list[str]:
    """Name all targets there are."""
    return sorted(path.stem.removeprefix("fuzz_") for path in HERE.glob("fuzz_*.py"))


def load(name: str) -> Callable[[bytes], None]:
    """Import one target's module and give its `target`."""
    path = HERE / f"fuzz_{name}.py"
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target: Callable[[bytes], None] = module.target
    return target


def seeds(name: str) -> list[Path]:
    """List the kept inputs of a target."""
    return sorted(path for path in (SEEDS / name).glob("*") if path.is_file())


def replay(name: str) -> None:
    """Give every kept input to a target; what it raises shows that its invariant is broken."""
    target = load(name)
    for seed in seeds(name):
        target(seed.read_bytes())


def search(name: str, seconds: int, corpus: str, found: str) -> None:
    """Search one target with atheris in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["gatepost"]):
        target = atheris.instrument_func(load(name))
    options = [
        *(f"-max_total_time={seconds}", f"-max_len={MAX_INPUT}", f"-timeout={SECONDS_PER_INPUT}"),
        *(f"-artifact_prefix={found}/", "-print_final_stats=0", "-verbosity=0"),
    ]
    # What is new goes into the first folder, the seeds are only read.
    atheris.Setup([sys.argv[0], *options, corpus, str(SEEDS / name)], target)
    atheris.Fuzz()


def keep(name: str, found: Path) -> list[Path]:
    """Move inputs that broke a target to its seeds, named by their octets."""
    kept = []
    for path in sorted(found.iterdir()):
        place = SEEDS / name / f"broke-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        shutil.move(path, place)
        kept.append(place)
    return kept


def run(name: str, seconds: int, *, searching: bool) -> bool:
    """Run one target in a process of its own; tell whether it held."""
    (SEEDS / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        corpus, found = Path(folder, "corpus"), Path(folder, "found")
        corpus.mkdir()
        found.mkdir()
        child = ["--child", name, "--seconds", str(seconds)]
        if searching:
            child += ["--corpus", str(corpus), "--found", str(found)]
        limit = seconds + 60 if searching else REPLAY_SECONDS
        try:
            done = subprocess.run(
                [sys.executable, __file__, *child], capture_output=True, text=True, timeout=limit, check=False
            )
            status, words = done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            status, words = -1, f"not done after {limit} seconds"
        broke = keep(name, found)
    if status == 0:
        print(f"{name}: held" + ("" if searching else f" on {len(seeds(name))} kept inputs"), flush=True)
        return True
    print(f"{name}: BROKEN\n{words[-3000:]}", flush=True)
    for place in broke:
        print(f"{name}: kept {place.relative_to(HERE.parent)}; the tests replay it now", flush=True)
    return False


def main() -> int:
    """Run the named targets, or all."""
    reader = argparse.ArgumentParser(description="Run the fuzz targets.")
    reader.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(targets())}; all when none is named"
    )
    reader.add_argument("--seconds", type=int, default=20, help="how long each target is searched")
    for inner in ("--child", "--corpus", "--found"):
        reader.add_argument(inner, help=argparse.SUPPRESS)
    options = reader.parse_args()
    if options.child:
        if options.corpus:
            search(options.child, options.seconds, options.corpus, options.found)
        else:
            replay(options.child)
        return 0
    if unknown := set(options.names) - set(targets()):
        reader.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(targets())}")
    searching = importlib.util.find_spec("atheris") is not None
    if not searching:
        print(
            "atheris is not installed: the kept inputs are replayed, nothing new is searched for", flush=True
        )
    results = [run(name, options.seconds, searching=searching) for name in options.names or targets()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
