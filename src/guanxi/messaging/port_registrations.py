"""What messaging offers to ports of lower rooms."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.identity.ports import MAIL, NEW_TENANT, SETTINGS_PAGES, SettingsPage
from guanxi.messaging.personal import personal_data
from guanxi.messaging.services import send_tenant_mail, set_up_tenant
from guanxi.messaging.services.reports import ReportMail
from guanxi.records.configuration.parts import CONFIGURATION, of_records
from guanxi.records.ports import REPORT_MAIL
from guanxi.records.privacy.declaring import PERSONAL_DATA


def settings_pages(actor: Actor) -> Iterable[SettingsPage]:
    """Outgoing mail and templates in the settings menu."""
    yield SettingsPage(_("Outgoing mail"), "mail", "/mailbox/", group="messages", admins_only=False)
    yield SettingsPage(_("Message templates"), "template", "/message-templates/", group="messages", admins_only=False)


CONFIGURATION.register(
    "templates", of_records("message_template", gettext_lazy("Message templates"), 60, ("key", "language", "name"))
)
MAIL.register("messaging", send_tenant_mail)
REPORT_MAIL.register("messaging", ReportMail())
NEW_TENANT.register("messaging", set_up_tenant)
SETTINGS_PAGES.register("messaging", settings_pages)
PERSONAL_DATA.register("messaging", personal_data)
