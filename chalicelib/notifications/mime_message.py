"""The MIME message of an e-mail: HTML, plain text and the calendar file as its parts."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from chalicelib.domain.messaging.address_notices import Message
from chalicelib.domain.messaging.notifications import Notification, Rejected
from chalicelib.notifications.calendar_invitation import build_invitation, scheduling_method
from chalicelib.notifications.rendered_message import render_email
from chalicelib.notifications.translations import one_line


def build_mime_message(notification: Message, sender: str, public_url: str, address: str) -> EmailMessage:
    """The complete MIME message; no text in it can start another header (case 24)."""
    content = render_email(notification, public_url)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(notification.organisation), addr_spec=parseaddr(sender)[1])
    message["To"] = Address(addr_spec=address)
    message["Subject"] = content.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content.text, cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", cte="quoted-printable")
    if isinstance(notification, Notification):
        _add_invitation(message, notification, sender, public_url)
    message["Content-Language"] = notification.language
    return message


def _add_invitation(message: EmailMessage, notification: Notification, sender: str, public_url: str) -> None:
    method = scheduling_method(notification)
    if method is not None:
        file = build_invitation(notification, method, sender, public_url)
        parameters = {"method": method.value, "charset": "UTF-8"}
        message.add_alternative(file, maintype="text", subtype="calendar", params=parameters)


def smtp_address(text: str) -> str:
    """An address as SES accepts it: ASCII, the domain in its IDNA form."""
    local, _, domain = text.strip().rpartition("@")
    if not local or not domain:
        raise Rejected("InvalidAddress")
    try:
        spec = Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}").addr_spec
        spec.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:  # the parser raises IndexError for some addresses
        raise Rejected("InvalidAddress") from error
    return spec
