"""Commands of activity, split by noun. Import them from here."""

from guanxi.activity.services.calendar import answer_event, cancel_event, invite, leave_out, move_event, schedule_event
from guanxi.activity.services.gate import (
    contact_customer,
    file_sent_message,
    may_contact,
    note_failed_message,
    plan_contact,
    suppress_address,
)
from guanxi.activity.services.mail import merge_fields, write_mail
from guanxi.activity.services.notify import (
    mark_all_notifications_read,
    mark_notification,
    mark_notification_read,
    notify,
)
from guanxi.activity.services.policy import reachable_accounts
from guanxi.activity.services.reminders import remind_due
from guanxi.activity.services.suggestions import accept_suggestion, decline_suggestion, finish_suggestion
from guanxi.activity.services.tasks import add_item, complete_task, plan_task, reopen_task, snooze_task, tick_item
from guanxi.activity.services.timeline import link_to_customer, log_call, log_interaction, write_note

__all__ = [
    "accept_suggestion",
    "add_item",
    "answer_event",
    "cancel_event",
    "complete_task",
    "contact_customer",
    "decline_suggestion",
    "file_sent_message",
    "finish_suggestion",
    "invite",
    "leave_out",
    "link_to_customer",
    "log_call",
    "log_interaction",
    "mark_all_notifications_read",
    "mark_notification",
    "mark_notification_read",
    "may_contact",
    "merge_fields",
    "move_event",
    "note_failed_message",
    "notify",
    "plan_contact",
    "plan_task",
    "reachable_accounts",
    "remind_due",
    "reopen_task",
    "schedule_event",
    "snooze_task",
    "suppress_address",
    "tick_item",
    "write_mail",
    "write_note",
]
