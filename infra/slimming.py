"""Leave out of the layer what no function loads: every cold start, upload and deployment is faster for it."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path, PurePosixPath

# The descriptions of some four hundred AWS services are most of the layer; these are the ones that are called.
AWS_SERVICES = frozenset({"cognito-idp", "dynamodb", "ses", "sesv2", "sns", "sqs", "sts"})
# phonenumbers: which place, network or time zone a number belongs to is never asked.
UNUSED = (("phonenumbers", "geodata"), ("phonenumbers", "carrierdata"), ("phonenumbers", "tzdata"))


def slim(archive: Path, cache: Path) -> None:
    """Replace a layer's archive by one without the unused parts, from ``cache`` when it was made before."""
    with zipfile.ZipFile(archive) as full:
        made = cache / f"slim-{_fingerprint(full)}.zip"
        if not made.exists():
            _write(full, made)
    archive.write_bytes(made.read_bytes())


def _fingerprint(archive: zipfile.ZipFile) -> str:
    """A hash of what goes in and of the rules for what comes out."""
    members = [(member.filename, member.CRC) for member in archive.infolist()]
    return hashlib.sha256(repr((members, sorted(AWS_SERVICES), UNUSED)).encode()).hexdigest()


def _write(full: zipfile.ZipFile, target: Path) -> None:
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as kept:
        for member in full.infolist():
            if not _unused(PurePosixPath(member.filename)):
                kept.writestr(member, full.read(member))
    part.rename(target)


def _unused(path: PurePosixPath) -> bool:
    parts = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in path.parts else path.parts
    if parts[:2] == ("botocore", "data"):
        return len(parts) > 3 and parts[2] not in AWS_SERVICES
    return parts[:2] in UNUSED or "tests" in parts[:-1]
