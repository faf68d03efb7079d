"""The mail server: its address from one URL, a message as bytes, and what its refusals mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from ipaddress import ip_address
from smtplib import SMTPConnectError, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

TIMEOUT = 30
SECURE_PORT, SUBMISSION_PORT, PLAIN_PORT = 465, 587, 25


@dataclass(frozen=True)
class Envelope:
    """Everything a mail consists of. `files` are (name, bytes, content type)."""

    sender: str
    to: Sequence[str]
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    cc: Sequence[str] = ()
    reply_to: str = ""
    files: Sequence[tuple[str, bytes, str]] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a mail did not leave. `final`: trying again changes nothing; `bounced`: the recipient's address was refused."""

    text: str
    final: bool
    bounced: bool = False


def server(url: str) -> EmailBackend:
    """The connection that `url` describes.

    smtps://user:password@host speaks TLS from the start (port 465); smtp://… demands STARTTLS (port 587) unless the host is
    this machine or the URL ends in ?tls=none.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    host = parts.hostname or "localhost"
    tls = dict(parse_qsl(parts.query)).get("tls", "none" if _is_local(host) else "start")
    starts = not secure and tls != "none"
    port = parts.port or (SECURE_PORT if secure else SUBMISSION_PORT if starts else PLAIN_PORT)
    return EmailBackend(
        host=host,
        port=port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=secure,
        use_tls=starts,
        timeout=TIMEOUT,
    )


def send(url: str, envelope: Envelope) -> Refusal | None:
    """Hand the mail to the server; None when it took it."""
    mail = compose(envelope)
    try:
        with server(url) as connection:
            connection.send_messages([mail])
    except SMTPRecipientsRefused as error:
        return _recipients_refusal(error.recipients)
    except SMTPConnectError as error:
        return Refusal(_text(error.smtp_code, error.smtp_error), final=False)
    except SMTPResponseException as error:
        return Refusal(_text(error.smtp_code, error.smtp_error), final=500 <= error.smtp_code < 600)
    except OSError as error:
        # SMTPException is an OSError; so are time-outs, refused connections and failed certificates.
        return Refusal(f"{type(error).__name__}: {error}"[:1000], final=False)
    return None


def compose(envelope: Envelope) -> EmailMultiAlternatives:
    """The mail with text, HTML and files; its Message-ID stays the same at each attempt, so that receivers spot a repetition."""
    headers = {"Message-ID": envelope.message_id, "Date": format_datetime(envelope.created_at)}
    mail = EmailMultiAlternatives(
        subject=envelope.subject,
        body=envelope.text,
        from_email=envelope.sender,
        to=list(envelope.to),
        cc=list(envelope.cc),
        reply_to=[envelope.reply_to] if envelope.reply_to else None,
        headers=headers,
    )
    if envelope.html:
        mail.attach_alternative(envelope.html, "text/html")
    for name, content, content_type in envelope.files:
        mail.attach(name, content, content_type)
    return mail


def _recipients_refusal(recipients: Mapping[str, tuple[int, bytes]]) -> Refusal:
    text = "; ".join(f"{address}: {_text(code, reason)}" for address, (code, reason) in recipients.items())
    final = all(500 <= code < 600 for code, _ in recipients.values())
    return Refusal(text, final=final, bounced=final)


def _text(code: int, reason: bytes | str) -> str:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f"{code} {words}"[:1000]


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
