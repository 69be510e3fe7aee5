"""Packages: complete or refused, without files that nothing loads, named by their content."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra import artifact_upload, bytecode_archive, layer_pruning, package, stages
from infra.emulator_main import API_PREFIX, limit_concurrency

SITE = "python/lib/python3.11/site-packages"


def archive(path: Path, members: Mapping[str, str], year: int = 2026) -> Path:
    """A zip file with these contents."""
    with zipfile.ZipFile(path, "w") as made:
        for name, content in members.items():
            made.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return path


def names(path: Path) -> set[str]:
    """The file names in an archive."""
    with zipfile.ZipFile(path) as opened:
        return set(opened.namelist())


@pytest.mark.parametrize(
    ("shipped", "missing"),
    [
        ("Jinja2-3.1.6.dist-info", []),
        ("jinja2-3.1.6.dist-info", []),
        ("jinja2-3.1.5.dist-info", ["Jinja2==3.1.6"]),
        ("other-3.1.6.dist-info", ["Jinja2==3.1.6"]),
    ],
)
def test_a_requirement_that_is_not_shipped_is_noticed(tmp_path: Path, shipped: str, missing: list[str]) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# pinned\nJinja2==3.1.6\n")
    layer = archive(tmp_path / "layer.zip", {f"{SITE}/{shipped}/METADATA": ""})

    assert package._missing_requirements(requirements, layer) == missing


def test_a_layer_loses_what_nothing_loads(tmp_path: Path) -> None:
    kept = {
        f"{SITE}/botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        f"{SITE}/botocore/data/endpoints.json",
        f"{SITE}/phonenumbers/data/region_CA.py",
        f"{SITE}/icalendar/cal/event.py",
    }
    dropped = {
        f"{SITE}/botocore/data/ec2/2016-11-15/service-2.json.gz",
        f"{SITE}/phonenumbers/geodata/data0.py",
        f"{SITE}/icalendar/tests/test_event.py",
    }
    layer = archive(tmp_path / "layer.zip", dict.fromkeys(kept | dropped, "x"))

    layer_pruning.prune_layer(layer, tmp_path)

    assert {name for name in names(layer) if not name.endswith(".pyc")} == kept


def test_bytecode_travels_along_and_is_what_runs(tmp_path: Path) -> None:
    one = archive(tmp_path / "one.zip", {"there/module.py": "value = 1"}, year=2025)
    same = archive(tmp_path / "same.zip", {"there/module.py": "value = 1"}, year=2026)
    bytecode_archive.add_bytecode(one)
    bytecode_archive.add_bytecode(same)
    assert one.read_bytes() == same.read_bytes()

    with zipfile.ZipFile(one) as packed:
        packed.extractall(tmp_path / "opt")
    # Bytecode is never compared with its source, so the changed file has no effect.
    (tmp_path / "opt/there/module.py").write_text("value = 2")
    code = "from there.module import value; print(value)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "opt", capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1"


def test_every_service_that_is_called_keeps_its_description() -> None:
    sources = (stages.ROOT / "chalicelib").rglob("*.py")
    called = {
        line.split('boto3.client("')[1].split('"')[0]
        for source in sources
        for line in source.read_text().splitlines()
        if 'boto3.client("' in line
    }

    assert called
    # The secrets provider creates its own client.
    assert called | {"secretsmanager"} <= layer_pruning.AWS_SERVICES


def test_an_archive_is_named_by_its_content_alone(tmp_path: Path) -> None:
    one = archive(tmp_path / "one.zip", {"app.py": "1"}, year=2025)
    same = archive(tmp_path / "same.zip", {"app.py": "1"}, year=2026)
    other = archive(tmp_path / "other.zip", {"app.py": "2"})

    assert artifact_upload._content_hash(one) == artifact_upload._content_hash(same)
    assert artifact_upload._content_hash(one) != artifact_upload._content_hash(other)


@pytest.mark.parametrize(("path", "most"), [(f"{API_PREFIX}id/local/health", 3), ("/", 10)])
def test_the_queue_lets_only_so_many_api_requests_through(path: str, most: int) -> None:
    under_way, seen = 0, 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal under_way, seen
        under_way += 1
        seen = max(seen, under_way)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way -= 1

    async def nothing(*_: Any) -> Any:
        return {}

    async def burst() -> None:
        served = limit_concurrency(application, max_concurrent=3)
        scope = {"type": "http", "path": path}
        await asyncio.gather(*(served(scope, nothing, nothing) for _ in range(10)))

    asyncio.run(burst())

    assert seen == most
