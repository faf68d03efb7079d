"""Django's e-mail backend: what libraries (the sign-in) send becomes a mail of the installation, sent by the worker."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from guanxi.messaging.services import queue_system_mail

DEFAULT_SENDER = "webmaster@localhost"


class GatewayEmailBackend(BaseEmailBackend):
    """Queues instead of sending, so that a request never waits for a mail server and nothing is lost while it is away."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue each message; returns how many."""
        queued = 0
        for message in email_messages:
            recipients = message.recipients()
            if recipients:
                sender = "" if message.from_email == DEFAULT_SENDER else message.from_email
                queue_system_mail(
                    to=recipients,
                    subject=str(message.subject),
                    text=str(message.body),
                    html=_html(message),
                    sender=sender,
                )
                queued += 1
        return queued


def _html(message: EmailMessage) -> str:
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in alternatives if kind == "text/html"), "")
