"""Background work of messaging: importing the services registers their jobs; the rest is housekeeping."""

from datetime import timedelta

from django.utils import timezone

from guanxi.core.jobs import every
from guanxi.messaging.models import SystemMail
from guanxi.messaging.services import deliver_message

KEEP_SYSTEM_MAILS = timedelta(days=30)

__all__ = ["deliver_message", "purge_system_mails"]


@every("7 4 * * *", name="messaging.purge_system_mails", of_tenant=False)
def purge_system_mails() -> None:
    """Mails of the installation go after a month."""
    SystemMail.objects.filter(created_at__lt=timezone.now() - KEEP_SYSTEM_MAILS).delete()
