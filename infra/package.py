"""Build the package that a stage deploys: ``python -m infra.package STAGE ...`` fills ``build/STAGE/package``."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from infra import bytecode_archive, layer_pruning, stages

SHIPPED_PATHS = ("app.py", "requirements.txt", "chalicelib", ".chalice")
LAYER_ARCHIVE = "layer-deployment.zip"
CODE_ARCHIVE = "deployment.zip"


class PackageIncomplete(Exception):
    """A requirement is not in the archive, so the functions would not start."""


def package(stage: str, build: Path | None = None) -> Path:
    """Package ``stage``; returns the directory with ``template.json`` and the archives.

    Raises ``PackageIncomplete`` if a dependency has no wheel for the stage's architecture: Chalice itself
    only warns, and the function would fail at its first call.
    """
    build = build or stages.build_directory(stage)
    with _exclusive_build():
        return _package(stage, build / "source", build / "package")


def _package(stage: str, source: Path, out: Path) -> Path:
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    _copy_source(source, stage)
    _run_chalice(source, out, stage)
    missing = _missing_requirements(source / "requirements.txt", out / LAYER_ARCHIVE)
    if missing:
        _forget_archives()
        raise PackageIncomplete(f"no wheel for {stage}: {', '.join(missing)}")
    layer_pruning.prune_layer(out / LAYER_ARCHIVE, _cache_directory())
    bytecode_archive.add_bytecode(out / CODE_ARCHIVE)
    template = yaml.safe_load((out / "sam.yaml").read_text())
    (out / "template.json").write_text(json.dumps(template, indent=1))
    return out


def functions_by_name(template: dict[str, Any]) -> dict[str, str]:
    """Logical id of each function in a packaged template by its name in app.py; the API's name is ``app``."""
    return {
        resource["Properties"]["Handler"].removeprefix("app."): logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _cache_directory() -> Path:
    return stages.ROOT / "build" / "cache"


@contextmanager
def _exclusive_build() -> Iterator[None]:
    """Let only one build at a time use the cache, of any stack."""
    _cache_directory().parent.mkdir(parents=True, exist_ok=True)
    with _cache_directory().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_source(source: Path, stage: str) -> None:
    """Copy only the shipped files, without caches, so that equal sources give equal archives."""
    source.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "deployments", "deployed")
    for name in SHIPPED_PATHS:
        path = stages.ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=ignore)
        else:
            shutil.copy2(path, source / name)
    _cache_directory().mkdir(parents=True, exist_ok=True)
    (source / ".chalice" / "deployments").symlink_to(_cache_directory())
    if stage == stages.LOCAL:
        _set_host_architecture(source / ".chalice" / "config.json")


def _set_host_architecture(config: Path) -> None:
    """Use this machine's architecture: the embedded AWS runs functions here."""
    content = json.loads(config.read_text())
    host = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    content["stages"][stages.LOCAL]["lambda_architecture"] = host
    config.write_text(json.dumps(content))


def _run_chalice(source: Path, out: Path, stage: str) -> None:
    # Chalice imports app.py to find its routes, which depends on no account or region.
    environment = {**os.environ, "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1")}
    chalice = str(Path(sys.executable).with_name("chalice"))
    command = [chalice, "package", "--stage", stage, "--template-format", "yaml"]
    done = subprocess.run(
        [*command, "--merge-template", str(stages.TEMPLATE), str(out)],
        cwd=source,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if "Could not install dependencies" in done.stdout:
        _forget_archives()
        raise PackageIncomplete(done.stdout)
    if done.returncode:
        raise PackageIncomplete(f"chalice package failed:\n{done.stdout}")


def _forget_archives() -> None:
    """Delete the cached archives, so that the next build does not use an incomplete one."""
    shutil.rmtree(_cache_directory())


def _missing_requirements(requirements: Path, archive: Path) -> list[str]:
    """The requirements without their exact version in the archive."""
    with zipfile.ZipFile(archive) as layer:
        parts = {part for name in layer.namelist() for part in name.split("/") if part.endswith(".dist-info")}
    shipped = {_normalised(part.removesuffix(".dist-info")) for part in parts}
    pins = (line.split("#")[0].strip() for line in requirements.read_text().splitlines())
    return [pin for pin in pins if pin and _normalised(pin.replace("==", "-")) not in shipped]


def _normalised(name_and_version: str) -> str:
    return re.sub(r"[-_.]+", "-", name_and_version).lower()


def main(arguments: list[str]) -> int:
    """Package the named stages; 1 if one fails, 2 for an unknown stage."""
    if not arguments or not set(arguments) <= set(stages.STAGES):
        print(f"usage: python -m infra.package {'|'.join(stages.STAGES)} ...", file=sys.stderr)
        return 2
    for stage in arguments:
        try:
            out = package(stage)
        except PackageIncomplete as error:
            print(error, file=sys.stderr)
            return 1
        print(f"packaged {stage} in {out.relative_to(stages.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
