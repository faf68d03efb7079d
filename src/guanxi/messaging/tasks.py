"""Background work of messaging: importing the services registers their jobs; the rest is housekeeping."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from guanxi.core.jobs import every
from guanxi.core.tenancy import current_tenant_id
from guanxi.messaging.models import SystemMail
from guanxi.messaging.services import deliver_message, resume_messages

KEEP_SYSTEM_MAILS = timedelta(days=30)

__all__ = ["deliver_message", "purge_system_mails", "resume_company_mails", "resume_system_mails"]


@every("7 4 * * *", name="messaging.purge_system_mails", of_tenant=False)
def purge_system_mails() -> None:
    """Mails of the installation go after a month."""
    SystemMail.objects.filter(created_at__lt=timezone.now() - KEEP_SYSTEM_MAILS).delete()


@every("*/10 * * * *", name="messaging.resume_messages")
def resume_company_mails() -> None:
    """No message waits for a job that is gone."""
    if settings.SMTP_URL:
        resume_messages(current_tenant_id())


@every("*/10 * * * *", name="messaging.resume_system_mails", of_tenant=False)
def resume_system_mails() -> None:
    """No mail of the installation waits for a job that is gone."""
    if settings.SMTP_URL:
        resume_messages(None)
