"""What activity offers to ports of lower rooms: entries of the side bar, their counts, access to files of the timeline."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from guanxi.activity.extracts import extracts
from guanxi.activity.models import Interaction
from guanxi.activity.personal import personal_data
from guanxi.activity.queries import unread_count
from guanxi.activity.reports import activity_reports
from guanxi.core.files import FILE_ACCESS
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.extracts import EXTRACTS
from guanxi.records.ports import MENU, MENU_COUNTS, REPORTS, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.queries import visible_records


def menu(actor: Actor) -> Iterable[MenuEntry]:
    """Inbox and calendar of a member."""
    if actor.member_id:
        yield MenuEntry("inbox", _("Inbox"), "inbox", "/inbox/", position=10, room="activity", unread=True)
        yield MenuEntry("calendar", _("Calendar"), "calendar", "/calendar/", position=20, room="activity")


def counts(actor: Actor) -> dict[str, int]:
    """Unread notifications."""
    return {"inbox": unread_count(actor)} if actor.member_id else {}


def may_fetch(actor: Actor, file: StoredFile) -> bool:
    """Files of a line are for whoever sees the line: by its customer, its record, or the role itself."""
    line = Interaction.objects.filter(id=file.record_id, deleted_at=None).first()
    if line is None or not may(actor, "interaction", "view"):
        return False
    about = [
        ("account", line.account_id),
        ("contact", line.contact_id),
        (line.object, line.record_id),
        ("interaction", line.id),
    ]
    return any(name and key and visible_records(actor, name).filter(id=key).exists() for name, key in about)


MENU.register("activity", menu)
MENU_COUNTS.register("activity", counts)
FILE_ACCESS.register("interaction", may_fetch)
REPORTS.register("activity", activity_reports)
PERSONAL_DATA.register("activity", personal_data)
EXTRACTS.register("activity", extracts)
