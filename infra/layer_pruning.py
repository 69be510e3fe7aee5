"""Leave out of the layer what no function loads: every cold start, upload and deployment is faster for it."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path, PurePosixPath

from infra import bytecode_archive

# The descriptions of some four hundred AWS services are most of the layer; these are the ones that are called.
AWS_SERVICES = frozenset({"cognito-idp", "dynamodb", "secretsmanager", "ses", "sesv2", "sns", "sqs", "sts"})
# phonenumbers: which place, network or time zone a number belongs to is never asked.
UNUSED_PACKAGES = (("phonenumbers", "geodata"), ("phonenumbers", "carrierdata"), ("phonenumbers", "tzdata"))


def prune_layer(archive: Path, cache: Path) -> None:
    """Replace a layer's archive by one without the unused parts and with bytecode, from ``cache`` if made before."""
    with zipfile.ZipFile(archive) as full:
        made = cache / f"slim-{_fingerprint(full)}.zip"
        if not made.exists():
            part = made.with_suffix(".new")
            _write_pruned(full, part)
            bytecode_archive.add_bytecode(part)
            part.rename(made)
    archive.write_bytes(made.read_bytes())


def _fingerprint(archive: zipfile.ZipFile) -> str:
    """A hash of what goes in and of the rules for what comes out."""
    members = [(member.filename, member.CRC) for member in archive.infolist()]
    rules = (sorted(AWS_SERVICES), UNUSED_PACKAGES, sys.implementation.cache_tag)
    return hashlib.sha256(repr((members, rules)).encode()).hexdigest()


def _write_pruned(full: zipfile.ZipFile, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept:
        for member in full.infolist():
            if not _is_unused(PurePosixPath(member.filename)):
                kept.writestr(member, full.read(member))


def _is_unused(path: PurePosixPath) -> bool:
    parts = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in path.parts else path.parts
    if parts[:2] == ("botocore", "data"):
        return len(parts) > 3 and parts[2] not in AWS_SERVICES
    return parts[:2] in UNUSED_PACKAGES or "tests" in parts[:-1]
