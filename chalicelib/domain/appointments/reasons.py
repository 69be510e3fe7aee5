"""The reasons recorded with cancellations and moves (D32, D33, WG-5, WG-6)."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.organisation.settings import ReasonMode
from chalicelib.domain.shared.errors import invalid
from chalicelib.domain.shared.languages import choose_language

# The reasons recorded when nobody typed one, in the languages messages are written in.
_DEFAULT_REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {"client": "cancelled by customer", "waited": "Your request could not be answered in time."},
    "fr": {"client": "annulé par le client", "waited": "Nous n'avons pas pu répondre à votre demande à temps."},
}


def reason_by_mode(mode: ReasonMode, reason: str) -> str:
    """The reason to store: empty if the organisation wants none; 422 ``reason_required`` (WG-5, WG-6)."""
    if mode is ReasonMode.REQUIRED and not reason:
        raise invalid("/reason", "Please give a reason.", "reason_required")
    return "" if mode is ReasonMode.OFF else reason


def client_cancellation_reason(language: str, client_reason: str) -> str:
    """The recorded reason of a cancellation by the client, with the client's own reason (D32)."""
    text = _DEFAULT_REASONS[choose_language([language], _DEFAULT_REASONS)]["client"]
    return f"{text}: {client_reason}" if client_reason else text


def auto_reject_reason(language: str) -> str:
    """The recorded reason for rejecting a request that nobody decided on in time (D33)."""
    return _DEFAULT_REASONS[choose_language([language], _DEFAULT_REASONS)]["waited"]
