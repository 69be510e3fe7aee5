"""Import time of app.py, beside the runtime packages it stands on, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.report import Table, interleaved, ratio

ROOT = Path(__file__).parents[1]

# What each interpreter imports; powertools as observability.py uses it, PynamoDB as far as a model needs it.
_POWERTOOLS = "from aws_lambda_powertools import Logger; from aws_lambda_powertools.metrics import single_metric"
_THREE = f"import chalice.app, pydantic; {_POWERTOOLS}"
RUNTIME = "the four runtime packages"
SUBJECTS = {
    RUNTIME: f"{_THREE}; import pynamodb.models",
    "those app.py loads at once (without PynamoDB)": _THREE,
    "app.py": "import app",
    "app.py and what the first booking loads": "import app; from chalicelib import container; container.booking()",
}
_ENVIRONMENT = {"TABLE_NAME": "imported", "STAGE": "local", "AWS_REGION": "us-east-1"}
_TIMED = "import time; b = time.process_time(); {}; print(time.process_time() - b)"
_HEAVIEST = 12


def measure(rounds: int = 15) -> dict[str, list[float]]:
    """Seconds of processor time of each subject's imports, round by round, interpreter start left out."""
    return interleaved({name: partial(_seconds, code) for name, code in SUBJECTS.items()}, rounds)


def table(figures: dict[str, list[float]]) -> Table:
    """Milliseconds of this machine's processor, and the ratio to the four packages."""
    lines = [
        (name, f"{median(found) * 1000:.0f}", f"{ratio(found, figures[RUNTIME]):.2f}")
        for name, found in figures.items()
    ]
    return Table("Import time, fresh interpreters", ("import", "ms of processor", "× packages"), lines)


def heaviest(rounds: int = 5) -> list[tuple[str, float, int]]:
    """What ``import app`` spends most on: package, its share (0 to 1) of the time, its modules; medians."""
    runs = [_by_package() for _ in range(rounds)]
    shares: dict[str, float] = {}
    for name in {name for times, _ in runs for name in times}:
        shares[name] = median(times[name] / sum(times.values()) for times, _ in runs)
    counts = runs[0][1]
    return [(name, share, counts[name]) for name, share in Counter(shares).most_common(_HEAVIEST)]


def heaviest_table(found: list[tuple[str, float, int]]) -> Table:
    """The list of ``heaviest``."""
    lines = [(name, f"{share:.0%}", str(modules)) for name, share, modules in found]
    return Table("Where the import of app.py goes (-X importtime, own time)", ("package", "share", "modules"), lines)


def _seconds(code: str) -> float:
    return float(_run("-c", _TIMED.format(code)).stdout)


def _by_package() -> tuple[Counter[str], Counter[str]]:
    """Own microseconds and number of modules of each top-level package (of ours: each package)."""
    times: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in _run("-X", "importtime", "-c", "import app").stderr.splitlines():
        own, _, name = (part.strip() for part in line.removeprefix("import time:").split("|"))
        if own.isdigit():
            times[_package(name)] += int(own)
            modules[_package(name)] += 1
    return times, modules


def _package(module: str) -> str:
    first, *rest = module.split(".")
    if first == "chalicelib" and rest:
        return f"chalicelib.{rest[0]}"
    return "standard library" if first in sys.stdlib_module_names else first


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=True)
