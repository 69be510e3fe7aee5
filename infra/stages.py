"""The stages: names, parameters, build directories."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("local", "dev", "prod")
LOCAL = "local"
TEMPLATE = ROOT / "infra" / "template.yaml"
ROLES = ("admin", "manager", "staff_advanced", "staff_plus", "staff", "contact_centre")


def stack_name(stage: str) -> str:
    """The CloudFormation stack of a stage."""
    return f"frontdesk-{stage}"


def parameters(stage: str) -> dict[str, str]:
    """The template's parameters for a stage, from ``infra/parameters``."""
    values: dict[str, str] = json.loads((ROOT / "infra" / "parameters" / f"{stage}.json").read_text())
    return values


def build_directory(stage: str) -> Path:
    """The directory in which a stage's package is built."""
    return ROOT / "build" / stage
