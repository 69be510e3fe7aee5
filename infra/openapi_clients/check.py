"""Generate typed clients from the API's document: ``python -m infra.openapi_clients.check`` fills ``build/clients``.

A Python client by openapi-python-client, checked by mypy, and TypeScript types by openapi-typescript, checked by tsc.
Any warning is a failure: generators leave out the parts they warn about.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra import stages

OUT = stages.ROOT / "build" / "clients"
PACKAGE = "frontdesk_client"
PYTHON_TOOLS = Path(sys.executable).parent
NODE_TOOLS = stages.ROOT / "build" / "node" / "node_modules" / ".bin"
_WARNING = re.compile(r"warn|error|unable|could not", re.IGNORECASE)


class ClientUnfit(Exception):
    """A client is incomplete or does not pass its type checker; the message is the tool's output."""


def document() -> dict[str, Any]:
    """The API's document, as ``/openapi.json`` serves it."""
    # Importing the app makes no connection, but boto3 needs a region.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from app import DECLARED
    from chalicelib.api.http import openapi

    return openapi.document([route for resource in DECLARED for route in resource.declared], "")


def check_python(described: Path, out: Path) -> None:
    """Generate and type-check the Python client. Raises ``ClientUnfit``, also when an operation is left out."""
    package = out / PACKAGE
    generator = PYTHON_TOOLS / "openapi-python-client"
    options = ("--meta", "none", "--overwrite", "--fail-on-warning", "--output-path", package)
    _run(generator, "generate", "--path", described, *options)
    paths = json.loads(described.read_text())["paths"].values()
    operations, generated = sum(map(len, paths)), len(list(package.glob("api/*/[!_]*.py")))
    if generated != operations:
        raise ClientUnfit(f"{generated} of {operations} operations are in the Python client")
    _run(PYTHON_TOOLS / "mypy", "--strict", "--no-error-summary", "--config-file", os.devnull, package)


def check_typescript(described: Path, out: Path) -> None:
    """Generate and type-check the TypeScript types. Raises ``ClientUnfit``."""
    types = out / "frontdesk.d.ts"
    _run(NODE_TOOLS / "openapi-typescript", described, "--output", types)
    _run(NODE_TOOLS / "tsc", "--noEmit", "--strict", types)


def _run(*command: str | Path) -> None:
    # The generator runs ruff, which is in the same directory.
    path = f"{PYTHON_TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=OUT,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode or _WARNING.search(done.stdout):
        raise ClientUnfit(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}")


def main() -> int:
    """Check both clients; 1 if one is unfit."""
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "python").mkdir(parents=True)
    (OUT / "typescript").mkdir()
    described = OUT / "openapi.json"
    described.write_text(json.dumps(document(), indent=1))
    try:
        check_python(described, OUT / "python")
        check_typescript(described, OUT / "typescript")
    except ClientUnfit as error:
        print(error, file=sys.stderr)
        return 1
    print(f"a Python client and TypeScript types are in {OUT.relative_to(stages.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
