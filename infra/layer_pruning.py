"""Remove unused files from the layer: cold starts, uploads and deployments are faster without them."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path, PurePosixPath

from infra import bytecode_archive

# The descriptions of some four hundred AWS services are most of the layer; only these are used.
AWS_SERVICES = frozenset({"cognito-idp", "dynamodb", "secretsmanager", "ses", "sesv2", "sns", "sqs", "sts"})
# phonenumbers: the place, network and time zone of a number are never used.
UNUSED_PACKAGES = (("phonenumbers", "geodata"), ("phonenumbers", "carrierdata"), ("phonenumbers", "tzdata"))


def prune_layer(archive: Path, cache: Path) -> None:
    """Replace a layer's archive by one without unused files and with bytecode, from ``cache`` if built before."""
    with zipfile.ZipFile(archive) as full:
        pruned = cache / f"slim-{_fingerprint(full)}.zip"
        if not pruned.exists():
            part = pruned.with_suffix(".new")
            _write_pruned(full, part)
            bytecode_archive.add_bytecode(part)
            part.rename(pruned)
    archive.write_bytes(pruned.read_bytes())


def _fingerprint(archive: zipfile.ZipFile) -> str:
    """A hash of the input and of the rules of pruning."""
    members = [(member.filename, member.CRC) for member in archive.infolist()]
    rules = (sorted(AWS_SERVICES), UNUSED_PACKAGES, sys.implementation.cache_tag)
    return hashlib.sha256(repr((members, rules)).encode()).hexdigest()


def _write_pruned(full: zipfile.ZipFile, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as target_archive:
        for member in full.infolist():
            if not _is_unused(PurePosixPath(member.filename)):
                target_archive.writestr(member, full.read(member))


def _is_unused(path: PurePosixPath) -> bool:
    parts = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in path.parts else path.parts
    if parts[:2] == ("botocore", "data"):
        return len(parts) > 3 and parts[2] not in AWS_SERVICES
    return parts[:2] in UNUSED_PACKAGES or "tests" in parts[:-1]
