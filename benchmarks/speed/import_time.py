"""Import time of app.py, compared with that of its runtime packages, each in a fresh interpreter.

Lambda's file system is read-only: modules without bytecode in the archive are compiled at every cold start. So the
whole is also measured on copies of the sources alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.harness.report_table import Table, measure_in_rounds, median_ratio

ROOT = Path(__file__).parents[2]

# The imports of each interpreter; Powertools as observability.py uses it, PynamoDB as far as a model needs it.
_POWERTOOLS = "from aws_lambda_powertools import Logger; from aws_lambda_powertools.metrics import single_metric"
_LOADED_AT_ONCE = f"import chalice.app, pydantic; {_POWERTOOLS}"
RUNTIME = "the four runtime packages"
_BOOKING_CODE = "import app; from chalicelib.container import container; container.book_appointment"
SUBJECTS = {
    RUNTIME: f"{_LOADED_AT_ONCE}; import pynamodb.models",
    "those app.py loads at once (without PynamoDB)": _LOADED_AT_ONCE,
    "app.py": "import app",
    "app.py and what the first booking loads": _BOOKING_CODE,
}
# The modules that ``import app`` must not load, because most cold starts do not need them: these and only these may be
# imported inside functions (tests/unit/project/test_architecture.py).
LOADED_ON_USE = (
    "boto3",
    "chalicelib.api.http.openapi",
    "chalicelib.identity",
    "chalicelib.notifications",
    "chalicelib.persistence",
    "chalicelib.secrets_manager",
    "dateutil.rrule",
    "email_validator",
    "holidays",
    "icalendar",
    "jellyfish",
    "jinja2",
    "phonenumbers",
    "pynamodb",
    "rapidfuzz",
    "urllib3",
)
WITHOUT_BYTECODE = "the last, without bytecode"
_ENVIRONMENT = {"TABLE_NAME": "imported", "STAGE": "local", "AWS_REGION": "us-east-1"}
_LIST_FILES_CODE = (
    f"{_BOOKING_CODE}; import sys; print(*(m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)))"
)
_TIMING_CODE = "import time; b = time.process_time(); {}; print(time.process_time() - b)"
_HEAVIEST = 12


def measure(rounds: int = 15) -> dict[str, list[float]]:
    """Seconds of processor time of each subject's imports, round by round, interpreter start left out."""
    with TemporaryDirectory() as copies:
        _copy_sources(Path(copies))
        subjects = {name: partial(_import_seconds, code) for name, code in SUBJECTS.items()}
        subjects[WITHOUT_BYTECODE] = partial(_import_seconds, _BOOKING_CODE, Path(copies))
        return measure_in_rounds(subjects, rounds)


def loaded_too_early() -> list[str]:
    """The modules of ``LOADED_ON_USE`` that ``import app`` loads nevertheless."""
    loaded = set(_run("-c", "import app; import sys; print(*sys.modules)").stdout.split())
    return [name for name in LOADED_ON_USE if name in loaded]


def table(figures: dict[str, list[float]]) -> Table:
    """Milliseconds of this machine's processor, and the ratio to the four packages."""
    lines = [
        (name, f"{median(found) * 1000:.0f}", f"{median_ratio(found, figures[RUNTIME]):.2f}")
        for name, found in figures.items()
    ]
    return Table("Import time, fresh interpreters", ("import", "ms of processor", "× packages"), lines)


def heaviest_packages(rounds: int = 5) -> list[tuple[str, float, int]]:
    """The packages that take most of ``import app``: name, share of the time (0 to 1), number of modules; medians."""
    runs = [_by_package() for _ in range(rounds)]
    shares: dict[str, float] = {}
    for name in {name for times, _ in runs for name in times}:
        shares[name] = median(times[name] / sum(times.values()) for times, _ in runs)
    counts = runs[0][1]
    return [(name, share, counts[name]) for name, share in Counter(shares).most_common(_HEAVIEST)]


def heaviest_table(found: list[tuple[str, float, int]]) -> Table:
    """The table of ``heaviest_packages``."""
    lines = [(name, f"{share:.0%}", str(modules)) for name, share, modules in found]
    return Table("Where the import of app.py goes (-X importtime, own time)", ("package", "share", "modules"), lines)


def _import_seconds(code: str, place: Path = ROOT) -> float:
    return float(_run("-c", _TIMING_CODE.format(code), place=place).stdout)


def _copy_sources(place: Path) -> None:
    """The app and every module it loads from an installed package, without bytecode."""
    packages = Path(sysconfig.get_path("purelib"))
    for file in map(Path, _run("-c", _LIST_FILES_CODE).stdout.split()):
        home = next((home for home in (packages, ROOT) if file.is_relative_to(home)), None)
        if home is not None:
            (place / file.relative_to(home)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place / file.relative_to(home))


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


def _run(*arguments: str, place: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that finds modules in ``place`` first and writes bytecode only in the repository."""
    environment = _ENVIRONMENT if place == ROOT else _ENVIRONMENT | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=True)
