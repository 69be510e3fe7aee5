"""The structure as a rule: rings, rooms, circles, one ring per third party, every entry point in app.py."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from benchmarks.speed.import_time import LOADED_ON_USE
from tests.builders import source_tree
from tests.builders.source_tree import ROOT, imported_by, imports, module_name, ring, room, sources, within

# Imports a ring may have beyond itself and the standard library. A file directly in chalicelib is a ring of its
# own; the container connects everything and has no row.
ALLOWED = {
    "domain": {"dateutil", "phonenumbers", "holidays", "jellyfish", "rapidfuzz"},
    "services": {"chalicelib.domain"},
    "persistence": {
        "chalicelib.domain", "chalicelib.services.store_port", "chalicelib.services.unit_of_work",
        "chalicelib.services.context", "pynamodb", "cattrs",
    },
    "notifications": {"chalicelib.domain", "boto3", "botocore", "jinja2", "icalendar", "urllib3"},
    "identity": {"chalicelib.domain", "boto3", "botocore"},
    "api": {
        "chalicelib.domain", "chalicelib.services", "chalicelib.container", "chalicelib.observability",
        "chalicelib.web", "chalicelib.__version__", "chalice", "pydantic", "pydantic_core", "email_validator",
    },
    "jobs": {"chalicelib.container", "chalice"},
    "web": set(),
    "environment": {"pydantic"},
    "observability": {"aws_lambda_powertools"},
    "secrets_manager": {"aws_lambda_powertools", "botocore"},
}  # fmt: skip

# The rooms of each ring, from the top: a room imports only rooms below it.
ROOMS = {
    "domain": (
        "quickview", "availability", "messaging", "capacity", "appointments", "quickstream", "clients",
        "organisation", "shared",
    ),
    "services": (
        "integrity", "messaging", "quickview", "appointments", "clients", "quickstream", "organisation",
        "availability", "",
    ),
    "api": (
        "routes/site", "routes/quickview", "routes/appointments", "routes/availability", "routes/clients",
        "routes/quickstream", "routes/organisation", "schemas/quickview", "schemas/appointments",
        "schemas/availability", "schemas/clients", "schemas/quickstream", "schemas/organisation", "http",
        "schemas/shared",
    ),
}  # fmt: skip

# The same names in every ring: a reader who knows one ring knows them all.
ROOM_NAMES = {
    "organisation", "clients", "availability", "capacity", "quickstream", "appointments", "quickview", "messaging",
    "integrity", "shared",
}  # fmt: skip

MAX_FILES = 20

# Code that reads a clock, the environment, the network or a file does not belong in the domain.
OUTSIDE_WORLD = {"os", "time", "random", "secrets", "socket", "subprocess", "urllib", "pathlib", "io"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}

# Users of a library besides the rings that may import it.
OTHER_USERS = {"chalice": {"app"}, "pynamodb": {"container"}, "boto3": {"infra"}, "botocore": {"infra"}}
LIBRARIES = {name for allowed in ALLOWED.values() for name in allowed if not name.startswith("chalicelib.")}


def forbidden_imports(file: Path) -> list[str]:
    """Imports of a file that its ring may not have."""
    own = ring(file)
    if own not in ALLOWED:
        return []
    allowed = ALLOWED[own] | {f"chalicelib.{own}"}
    return [
        module
        for module in imports(file)
        if module.partition(".")[0] not in sys.stdlib_module_names and not within(module, allowed)
    ]


def upward_imports() -> list[str]:
    """Imports within a ring from a room into one above it."""
    rooms = {module_name(file): (ring(file), room(file)) for file in sources()}
    found = []
    for file in sources():
        own, here = ring(file), room(file)
        order = ROOMS.get(own, ())
        for module in imports(file):
            there = rooms.get(module, ("", ""))
            if there[0] == own and here in order and there[1] in order and order.index(there[1]) < order.index(here):
                found.append(f"{module_name(file)} -> {module}")
    return found


def circle(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle among these edges, or an empty list."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def file_edges() -> dict[str, list[str]]:
    names = {module_name(file) for file in sources()}
    return {
        module_name(file): [module for module in imports(file) if module in names and module != module_name(file)]
        for file in sources()
    }


def test_every_ring_is_known() -> None:
    rings = {ring(file) for file in sources() if "chalicelib" in file.parts}

    assert rings - {"__init__", "container"} <= set(ALLOWED)


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_a_ring_imports_only_what_it_may(name: str) -> None:
    found = {str(file.relative_to(ROOT)): forbidden_imports(file) for file in sources() if ring(file) == name}

    assert found, "no file of this ring was looked at"
    assert {file: modules for file, modules in found.items() if modules} == {}
    used = {module for file in sources() if ring(file) == name for module in imports(file)}
    assert [allowed for allowed in ALLOWED[name] if not any(within(module, {allowed}) for module in used)] == []


def test_rooms_have_the_same_names_everywhere() -> None:
    for name, rooms in ROOMS.items():
        folders = {room(file) for file in sources() if ring(file) == name}
        assert folders - {""} == {each for each in rooms if each} | ({"routes", "schemas"} if name == "api" else set())
    layers = ("unit", "integration", "stack")
    named = {path.name for layer in layers for path in (ROOT / "tests" / layer).iterdir() if path.is_dir()}
    assert named - ROOM_NAMES - {"__pycache__"} == {"api", "persistence", "project"}
    assert {each.rpartition("/")[2] for rooms in ROOMS.values() for each in rooms} - ROOM_NAMES == {"", "http", "site"}


def test_a_room_imports_only_rooms_below_it() -> None:
    assert upward_imports() == []


def test_no_file_imports_itself_through_others() -> None:
    assert circle(file_edges()) == []


def private_imports() -> list[str]:
    """Names with a leading underscore that one file of ours imports from another."""
    return [
        f"{module_name(file)}: {node.module}.{alias.name}"
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chalicelib")
        for alias in node.names
        if alias.name.startswith("_") and alias.name != "__version__"
    ]


def test_no_file_imports_the_private_names_of_another() -> None:
    assert private_imports() == []


def crowded_folders(root: Path) -> dict[str, int]:
    """The folders with more files of code than ``MAX_FILES``, ``__init__.py`` not counted."""
    folders = [root / name for name in ("chalicelib", "infra", "benchmarks", "tests")]
    files = [file for folder in folders for file in folder.rglob("*.py") if file.name != "__init__.py"]
    counts = Counter(str(file.parent.relative_to(root)) for file in files)
    return {folder: count for folder, count in counts.items() if count > MAX_FILES}


def test_no_folder_holds_more_files_than_one_can_take_in() -> None:
    assert crowded_folders(ROOT) == {}


def test_every_room_says_what_it_is_for() -> None:
    rooms = [file for file in sources() if file.name == "__init__.py"]

    assert len(rooms) > 30
    assert [str(file) for file in rooms if not ast.get_docstring(ast.parse(file.read_text("utf-8")))] == []


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_third_party_has_one_door(library: str) -> None:
    users = {ring(file) for file in sources() if any(within(module, {library}) for module in imports(file))}

    assert users <= {name for name, allowed in ALLOWED.items() if library in allowed} | OTHER_USERS.get(library, set())


def test_the_domain_knows_no_clock_and_no_outside_world() -> None:
    found = []
    for file in sources():
        if ring(file) != "domain":
            continue
        tree = ast.parse(file.read_text("utf-8"))
        named = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        used = {module.partition(".")[0] for module in imports(file)}
        found += [(file.name, name) for name in (named & CLOCKS) | (used & OUTSIDE_WORLD)]

    assert found == []


def later_imports(file: Path) -> list[str]:
    """Imports inside the functions of a file."""
    tree = ast.parse(file.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = [node for function in functions for node in ast.walk(function)]
    return [name for node in inner for name in imported_by(node)]


def test_only_what_a_cold_start_must_not_load_is_imported_inside_functions() -> None:
    product = [file for file in sources() if "infra" not in file.parts]
    found = {str(file.relative_to(ROOT)): later_imports(file) for file in product}

    assert any(found.values())
    assert {name for names in found.values() for name in names if not within(name, LOADED_ON_USE)} == set()


def entry_points(file: Path) -> list[str]:
    """The Lambda functions a file declares through a decorator: everything but HTTP routes."""
    kinds = {"schedule", "lambda_function", "authorizer", "on_cw_event", "on_dynamodb_record"}
    kinds |= {"on_s3_event", "on_sns_message", "on_sqs_message", "on_kinesis_record", "scheduled"}
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


# The rules themselves, tried on a project that breaks them.


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(source_tree, "ROOT", tmp_path)
    imports.cache_clear()
    return tmp_path


def write(project: Path, path: str, text: str) -> Path:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("package", "line", "caught"),
    [
        ("domain", "import pydantic", True),
        ("domain", "from chalicelib import settings", True),
        ("services", "from chalicelib.persistence.keys import key", True),
        ("persistence", "from chalicelib.services.retry import retry_on_conflict", True),
        ("persistence", "from chalicelib.services.store_port import Page", False),
        ("api", "import boto3", True),
        ("api", "from chalicelib.services.appointments.dashboard import Dashboard", False),
    ],
)
def test_a_forbidden_import_is_caught(project: Path, package: str, line: str, caught: bool) -> None:
    file = write(project, f"chalicelib/{package}/module.py", f"def later():\n    {line}\n")

    assert bool(forbidden_imports(file)) is caught


def test_an_import_upwards_is_caught(project: Path) -> None:
    write(project, "chalicelib/domain/shared/times.py", "from chalicelib.domain.clients.client import Client\n")
    write(project, "chalicelib/domain/clients/client.py", "from chalicelib.domain.shared import ids\n")
    write(project, "chalicelib/domain/shared/ids.py", "")

    assert upward_imports() == ["chalicelib.domain.shared.times -> chalicelib.domain.clients.client"]


def test_a_circle_of_files_is_caught(project: Path) -> None:
    write(project, "chalicelib/api/a.py", "from chalicelib.api import b\n")
    write(project, "chalicelib/api/b.py", "def later():\n    from chalicelib.api.a import name\n")

    assert set(circle(file_edges())) == {"chalicelib.api.a", "chalicelib.api.b"}


def test_a_light_import_inside_a_function_is_caught(project: Path) -> None:
    file = write(project, "chalicelib/api/a.py", "def later():\n    import json\n    import pynamodb.models\n")

    assert [name for name in later_imports(file) if not within(name, LOADED_ON_USE)] == ["json"]


def test_an_import_of_a_private_name_is_caught(project: Path) -> None:
    write(project, "chalicelib/api/a.py", "from chalicelib.api.b import _name, name\n")

    assert private_imports() == ["chalicelib.api.a: chalicelib.api.b._name"]


def test_a_crowded_folder_is_caught(project: Path) -> None:
    for number in range(MAX_FILES + 1):
        write(project, f"chalicelib/domain/clients/file_{number}.py", "")
    write(project, "chalicelib/domain/clients/__init__.py", "")

    assert crowded_folders(project) == {"chalicelib/domain/clients": MAX_FILES + 1}
