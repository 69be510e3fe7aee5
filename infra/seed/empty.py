"""The least an organisation needs: its settings and one member of staff per role."""

from __future__ import annotations

from typing import Any

from infra import stages
from infra.seed.api_client import ApiClient

NAMES = {
    "admin": "Alex Morgan",
    "manager": "Priya Natarajan",
    "staff_advanced": "Samuel Okafor",
    "staff_plus": "Chloé Tremblay",
    "staff": "Daniel Kim",
    "contact_centre": "Rosa Delgado",
}

# Whoever tries the system out books with the same address again and again.
SETTINGS: dict[str, Any] = {
    "organisation_name": "Frontdesk",
    "timezone": "America/Toronto",
    "languages": ["en", "fr"],
    "bookings_per_contact": 100,
}


def seed(api_url: str, token: str) -> None:
    """Fill the organisation; ``token`` is the first administrator's, who is made a member of staff first."""
    with ApiClient(api_url, token) as api:
        create_staff_and_settings(api)


def create_staff_and_settings(api: ApiClient) -> None:
    """Staff, the administrator first, and settings."""
    for role in stages.ROLES:
        api.post("/staff", staff_body(role))
    api.patch("/settings", SETTINGS)


def staff_body(role: str, **more: Any) -> dict[str, Any]:
    """The body that makes the one who stands for a role."""
    return {"name": NAMES[role], "email": f"{role}@example.org", "role": role, **more}
