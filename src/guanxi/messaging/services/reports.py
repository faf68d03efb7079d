"""Reports by mail, for the record engine's port REPORT_MAIL."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.messaging.merge import escape_markdown, to_html
from guanxi.messaging.models import Message, Status
from guanxi.messaging.services.queueing import queue_message


class ReportMail:
    """Mails a report to one person: the message is that person's own, so that nobody else reads what only these rights show."""

    def send(
        self,
        actor: Actor,
        *,
        subject: str,
        paragraphs: Sequence[str],
        links: Sequence[tuple[str, str]],
        files: Sequence[UUID],
    ) -> UUID:
        """Queue a mail to the actor's own address; words of people bring no markup. Raises `Invalid`, `NotFound`."""
        address = Membership.objects.filter(id=actor.member_id).values_list("user__email", flat=True).first()
        if not address:
            raise NotFound(_("There is no such person."))
        addresses = [f"[{escape_markdown(label)}]({url})" for label, url in links]
        html = to_html("\n\n".join([*(escape_markdown(one) for one in paragraphs), *addresses]))
        body = "\n\n".join([*paragraphs, *(f"{label}: {url}" for label, url in links)])
        return queue_message(actor, to=address, subject=subject, body=body, html=html, attachments=files).id

    def states(self, ids: Iterable[UUID]) -> Mapping[UUID, tuple[str, str]]:
        """Where each message is, in a word, and its error."""
        rows = Message.objects.filter(id__in=list(ids)).values_list("id", "status", "error")
        return {key: (str(Status(status).label), error) for key, status, error in rows}
