"""Whoever takes part in an event may read it; sales representatives may give tasks to colleagues of their team.

New companies and invitations have both; this brings those there are up to date. A role whose rights for tasks were set by hand stays.
"""

from typing import Any

from django.db import migrations

from guanxi.core.db.operations import ForEachTenant
from guanxi.identity.permissions import share_bit


def share_with_attendees(apps: Any, schema_editor: Any) -> None:
    """A share for each member who takes part, and its bit on the event and on its search entries."""
    attendee, share = apps.get_model("activity", "EventAttendee"), apps.get_model("identity", "Share")
    event, entry = apps.get_model("activity", "CalendarEvent"), apps.get_model("records", "SearchEntry")
    masks: dict[Any, int] = {}
    rows = list(attendee.objects.filter(member__isnull=False).values_list("tenant_id", "event_id", "member_id"))
    for _tenant, event_id, member_id in rows:
        masks[event_id] = masks.get(event_id, 0) | share_bit(member_id)
    shares = [
        share(tenant_id=tenant, principal_id=member, object="event", record_id=key, source="attendee")
        for tenant, key, member in rows
    ]
    share.objects.bulk_create(shares, batch_size=1000, ignore_conflicts=True)
    for item in event.objects.filter(id__in=list(masks)):
        mask = item.share_mask | masks[item.id]
        event.objects.filter(id=item.id).update(share_mask=mask)
        entry.objects.filter(record_id=item.id).update(share_mask=mask)


def let_sales_give_tasks(apps: Any, schema_editor: Any) -> None:
    """The role of sales representatives as it is created today, where nobody has set its rights for tasks."""
    for role in apps.get_model("identity", "Role").objects.filter(key="sales", is_admin=False):
        everything = role.grants.get("*", {})
        if "task" not in role.grants and everything.get("create") == "own":
            role.grants["task"] = {**everything, "create": "team"}
            role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0001_initial"),
        ("identity", "0003_end_streams"),
        ("records", "0002_search"),
    ]
    operations = [ForEachTenant(share_with_attendees), ForEachTenant(let_sales_give_tasks)]
