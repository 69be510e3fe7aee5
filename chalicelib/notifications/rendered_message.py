"""Render messages: an e-mail's HTML and plain text, and the body of a text message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.domain.messaging.address_notices import Message
from chalicelib.domain.messaging.notification_policy import FINAL_KINDS
from chalicelib.domain.messaging.notifications import Notification
from chalicelib.notifications.content import build_content, manage_url, meeting_place
from chalicelib.notifications.notice_content import build_notice_content
from chalicelib.notifications.sms_segments import fit_to_segments
from chalicelib.notifications.translations import TEMPLATES, one_line, translations_for

if TYPE_CHECKING:
    from jinja2 import Environment

_PLAIN_PUNCTUATION = str.maketrans({"’": "'", "–": "-", "−": "-", "\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """An e-mail's subject and bodies."""

    subject: str
    html: str
    text: str


def render_email(message: Message, public_url: str) -> RenderedMessage:
    """The e-mail for a message; text that people typed appears literally in both bodies (case 24)."""
    content = build_content(message, public_url) if isinstance(message, Notification) else build_notice_content(message)
    templates = _template_environment()
    return RenderedMessage(
        subject=one_line(content.subject),
        html=templates.get_template("mail.html").render(message=content),
        text=templates.get_template("mail.txt").render(message=content),
    )


def render_text_message(notification: Notification, public_url: str) -> str:
    """The text message for a notification: at most three segments, cut between characters (case 24).

    The reason of a cancellation is included as far as it fits. A recipient without e-mail gets the link to the
    appointment, which is never cut.
    """
    translations = translations_for(notification.language)
    body = translations.message(
        notification.wording_variant,
        notification.kind,
        "text",
        organisation=one_line(notification.organisation),
        service=one_line(notification.service),
        when=translations.short_date_time(notification.start, notification.timezone),
        place=meeting_place(notification, translations),
    )
    is_final = notification.kind in FINAL_KINDS
    if is_final and notification.reason:
        body += " " + translations.line(
            "colon", label=translations.label("reason"), value=one_line(notification.reason)
        )
    link = "" if is_final or notification.has_email else manage_url(notification, public_url)
    suffix = " " + translations.line("text_link", url=link) if link else ""
    return fit_to_segments(one_line(body).translate(_PLAIN_PUNCTUATION), suffix.translate(_PLAIN_PUNCTUATION))


@lru_cache(maxsize=1)
def _template_environment() -> Environment:
    # Imported here so that only functions that send messages pay for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
