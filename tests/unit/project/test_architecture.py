"""The structure as a rule: who may import whom, one door per third party, every entry point in app.py."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("domain", "services", "persistence", "notifications", "identity", "api", "web")

# What a package may import beyond itself and the standard library. A file that stands alone in chalicelib is
# its own package; the composition root may import everything and has no row.
ALLOWED = {
    "domain": {"dateutil", "phonenumbers", "holidays", "jellyfish", "rapidfuzz"},
    "services": {"chalicelib.domain"},
    "persistence": {"chalicelib.domain", "chalicelib.services.unit_of_work", "pynamodb", "cattrs"},
    "notifications": {"chalicelib.domain", "boto3", "botocore", "jinja2", "icalendar", "urllib3"},
    "identity": {"chalicelib.domain", "boto3", "botocore"},
    "api": {
        "chalicelib.domain", "chalicelib.services", "chalicelib.container", "chalicelib.settings",
        "chalicelib.observability", "chalicelib.web", "chalicelib.__version__", "chalice", "pydantic",
        "pydantic_core", "email_validator",
    },
    "web": set(),
    "settings": {"pydantic"},
    "observability": {"aws_lambda_powertools"},
    "vault": {"aws_lambda_powertools", "botocore"},
}  # fmt: skip

# Nothing that reads a clock, the environment, the network or a file belongs in the domain.
OUTSIDE_WORLD = {"os", "time", "random", "secrets", "socket", "subprocess", "urllib", "pathlib", "io"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}

DOORS = {
    "chalice": {"api", "app"},
    "pynamodb": {"persistence"},
    "cattrs": {"persistence"},
    "boto3": {"notifications", "identity", "infra"},
    "jinja2": {"notifications"},
    "icalendar": {"notifications"},
    "urllib3": {"notifications"},
    "pydantic": {"api", "settings"},
    "pydantic_core": {"api"},
    "email_validator": {"api"},
    "dateutil": {"domain"},
    "phonenumbers": {"domain"},
    "holidays": {"domain"},
    "jellyfish": {"domain"},
    "rapidfuzz": {"domain"},
    "aws_lambda_powertools": {"observability", "vault"},
}


def sources() -> list[Path]:
    folders = (ROOT / "chalicelib", ROOT / "infra")
    return [ROOT / "app.py", *(file for folder in folders for file in sorted(folder.rglob("*.py")))]


def room(file: Path) -> str:
    """The package a file is in; a file directly in chalicelib is its own."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]


@cache
def imports(file: Path) -> tuple[str, ...]:
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    """Every module a file imports, in full; a name imported from chalicelib itself counts as its module."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            packages = module == "chalicelib" or module in {f"chalicelib.{name}" for name in PACKAGES}
            yield from (f"{module}.{alias.name}" for alias in node.names) if packages else (module,)


def within(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in allowed)


def strangers(file: Path) -> list[str]:
    """What the file imports although its package may not."""
    own = room(file)
    if own not in ALLOWED:
        return []
    allowed = ALLOWED[own] | {f"chalicelib.{own}"}
    return [
        module
        for module in imports(file)
        if module.partition(".")[0] not in sys.stdlib_module_names and not within(module, allowed)
    ]


def test_every_package_is_known() -> None:
    rooms = {room(file) for file in sources() if "chalicelib" in file.parts}

    assert rooms - {"__init__", "background", "container"} <= set(ALLOWED)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    found = {str(file.relative_to(ROOT)): strangers(file) for file in sources() if room(file) == package}

    assert found, "no file of this package was looked at"
    assert {file: modules for file, modules in found.items() if modules} == {}
    used = {module for file in sources() if room(file) == package for module in imports(file)}
    assert [name for name in ALLOWED[package] if not any(within(module, {name}) for module in used)] == []


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_third_party_has_one_door(library: str) -> None:
    users = {room(file) for file in sources() if any(within(module, {library}) for module in imports(file))}

    assert users <= DOORS[library]


def test_the_domain_knows_no_clock_and_no_outside_world() -> None:
    found = []
    for file in sources():
        if room(file) != "domain":
            continue
        tree = ast.parse(file.read_text("utf-8"))
        named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used = {module.partition(".")[0] for module in imports(file)}
        found += [(file.name, name) for name in (named & CLOCKS) | (used & OUTSIDE_WORLD)]

    assert found == []


def entry_points(file: Path) -> list[str]:
    """The Lambda functions a file declares through a decorator: everything but HTTP routes."""
    kinds = {"schedule", "lambda_function", "authorizer", "on_cw_event", "on_dynamodb_record"}
    kinds |= {"on_s3_event", "on_sns_message", "on_sqs_message", "on_kinesis_record", "every"}
    return [
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).rpartition(".")[2] in kinds
    ]


def test_every_function_but_the_routes_is_declared_in_app_py() -> None:
    assert {str(file) for file in sources() if entry_points(file)} == {str(ROOT / "app.py")}
    functions = {"release_blocks", "deliver_due", "commence_overdue", "check_integrity", "relay_stream"}
    assert functions <= set(entry_points(ROOT / "app.py"))


@pytest.mark.parametrize(
    ("package", "line", "caught"),
    [
        ("domain", "import pydantic", True),
        ("domain", "from chalicelib import settings", True),
        ("services", "from chalicelib.persistence.keys import key", True),
        ("persistence", "from chalicelib.services import booking", True),
        ("persistence", "from chalicelib.services import ports", False),
        ("api", "import boto3", True),
        ("api", "from chalicelib.services.booking import Booking", False),
    ],
)
def test_the_rule_itself_catches_what_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, line: str, caught: bool
) -> None:
    file = tmp_path / "chalicelib" / package / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(f"def later():\n    {line}\n")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)

    assert bool(strangers(file)) is caught
