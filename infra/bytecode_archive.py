"""Ship bytecode with the sources: Lambda cannot store it, and compiling would be most of every cold start."""

from __future__ import annotations

import compileall
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

# One instant for every member, so that equal contents make equal archives.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def add_bytecode(archive: Path) -> None:
    """Rewrite the archive with the bytecode of every module in it, valid for this interpreter's version.

    It is never compared with the sources (PEP 552): both are in one archive, and neither changes afterwards.
    """
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(root)
        compileall.compile_dir(
            str(root),
            quiet=2,
            stripdir=str(root),
            maxlevels=30,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
        part = archive.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(p for p in root.rglob("*") if p.is_file()):
                member = zipfile.ZipInfo(str(path.relative_to(root)), _EPOCH)
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, _READABLE
                packed.writestr(member, path.read_bytes())
    part.replace(archive)
