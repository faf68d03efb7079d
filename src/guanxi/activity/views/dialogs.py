"""Dialogs that open on any page: log a call, write a mail, plan a task, schedule a visit."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.activity import services
from guanxi.activity.models import EventKind, Outcome, Priority, TaskKind
from guanxi.activity.views.base import About, Fields, about_of, dialog, own_of, saved
from guanxi.core.errors import Invalid
from guanxi.core.files import store_file
from guanxi.customers.models import ConsentPurpose
from guanxi.customers.queries import people_of
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import matchable
from guanxi.messaging.merge import to_html
from guanxi.messaging.queries import templates_for
from guanxi.messaging.services import render_message
from guanxi.records import registry
from guanxi.records.forms import own_inputs
from guanxi.records.queries import shown_label
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of

LOCAL = "%Y-%m-%dT%H:%M"


def log_call(request: HttpRequest) -> HttpResponse:
    """A call that took place."""
    actor = actor_of(request)

    def save(fields: Fields, about: About) -> HttpResponse:
        services.log_call(
            actor,
            **about.links,
            direction=fields.text("direction") or "out",
            minutes=fields.number("minutes"),
            outcome=fields.text("outcome"),
            body=fields.text("body"),
            at=fields.moment("at"),
            own=own_of(request, "interaction"),
        )
        if fields.text("follow_up"):
            due = fields.moment("follow_up")
            services.plan_task(actor, subject=_("Call back"), kind=TaskKind.CALL, due_at=due, **about.links)
        return saved(_("Call saved."))

    context = {"people": _people(actor, request), "now": _now(), "outcomes": Outcome.choices, "own_kind": "interaction"}
    return dialog(request, "activity/dialog_call.html.jinja", context, save)


def plan_task(request: HttpRequest) -> HttpResponse:
    """Something to do."""
    actor = actor_of(request)

    def save(fields: Fields, about: About) -> HttpResponse:
        due = fields.moment("due_at")
        services.plan_task(
            actor,
            **about.links,
            subject=fields.text("subject"),
            kind=fields.text("kind") or TaskKind.TODO,
            priority=fields.text("priority") or Priority.NORMAL,
            due_at=due,
            reminder_at=_before(due, fields.number("remind")),
            repeat=fields.text("repeat"),
            assignee_id=fields.key("owner"),
            checklist=[line.strip() for line in fields.text("checklist").splitlines() if line.strip()],
            description=fields.text("description"),
            own=own_of(request, "task"),
        )
        return saved(_("Task planned."))

    context = {
        "people": _people(actor, request),
        "kinds": TaskKind.choices,
        "priorities": Priority.choices,
        "repeats": repeat_choices(),
        "reminders": reminder_choices(),
        "due": _now(days=1, hour=9),
        "own_kind": "task",
        "assignees": _members(request, "owner") if request.method == "POST" else [(actor.member_id, actor.name)],
    }
    return dialog(request, "activity/dialog_task.html.jinja", context, save)


def schedule_event(request: HttpRequest) -> HttpResponse:
    """A visit, meeting or other entry of the calendar; `start` and `end` come from a drag over the calendar."""
    actor = actor_of(request)

    def save(fields: Fields, about: About) -> HttpResponse:
        start, end = fields.moment("start_at"), fields.moment("end_at")
        if start is None:
            raise Invalid({"start_at": [_("Fill in this field.")]})
        services.schedule_event(
            actor,
            **about.links,
            subject=fields.text("subject"),
            kind=fields.text("kind") or EventKind.MEETING,
            start_at=start,
            end_at=_end_of(fields, end) or start + timedelta(hours=1),
            location=fields.text("location"),
            description=fields.text("description"),
            all_day=fields.text("all_day") == "1",
            repeat=fields.text("repeat"),
            remind_minutes=fields.number("remind"),
            member_ids=fields.keys("members"),
            contact_ids=[about.contact.id] if about.contact else [],
            own=own_of(request, "event"),
        )
        return saved(_("Event scheduled."), refresh="/calendar/" in request.headers.get("HX-Current-URL", ""))

    start = _given_or(request.GET.get("start"), _now(days=1, hour=10))
    end = _given_or(request.GET.get("end"), _plus_hour(start))
    drawn = _is_day(request.GET.get("start", ""))
    context = {
        "people": _people(actor, request),
        "kinds": EventKind.choices,
        "kind": request.GET.get("kind", EventKind.VISIT if request.GET.get("account") else EventKind.MEETING),
        "repeats": repeat_choices(),
        "reminders": reminder_choices(),
        "guests": _members(request, "members"),
        "own_kind": "event",
        "all_day": request.POST.get("all_day") == "1" or drawn,
        "start": start,
        "end": _day_before(end) if drawn else end,
    }
    return dialog(request, "activity/dialog_event.html.jinja", context, save)


def write_mail(request: HttpRequest) -> HttpResponse:
    """A mail to a customer, through the gate."""
    actor = actor_of(request)

    def save(fields: Fields, about: About) -> HttpResponse:
        about = about_of(actor, _with_recipient(fields))
        files = [_kept(file, actor) for file in request.FILES.getlist("files")[:10]]
        services.write_mail(
            actor,
            **about.links,
            purpose=fields.text("purpose"),
            subject=fields.text("subject"),
            body=fields.text("body"),
            attachments=files,
            template=fields.key("template"),
            own=own_of(request, "interaction"),
        )
        return saved(_("Mail to %(name)s is on its way.") % {"name": about.name})

    return dialog(request, "activity/dialog_mail.html.jinja", _mail_context(actor, request), save)


@require_POST
def fill_mail(request: HttpRequest) -> HttpResponse:
    """The dialog again, with the chosen template filled in; what was typed into the other fields stays."""
    actor = actor_of(request)
    fields = Fields(request.POST)
    about = about_of(actor, _with_recipient(fields))
    values = request.POST.copy()
    template = fields.key("template")
    if template:
        records = {
            "account": about.account.id if about.account else None,
            "contact": about.contact.id if about.contact else None,
        }
        filled = render_message(actor, template_id=template, records=records)
        values["subject"], values["body"] = filled.subject, filled.body
    context = {
        "values": values,
        "errors": {},
        "about": about,
        "action": "/activity/mail",
        **_mail_context(actor, request),
    }
    context["own"] = own_inputs(actor, registry.get("interaction"), request.POST)
    return fragment(request, "activity/dialog_mail.html.jinja", context)


@require_POST
def preview_mail(request: HttpRequest) -> HttpResponse:
    """How the mail will look."""
    actor = actor_of(request)
    fields = Fields(request.POST)
    about = about_of(actor, _with_recipient(fields))
    context = {
        "subject": _merged(actor, about, fields.text("subject")),
        "html": to_html(_merged(actor, about, fields.text("body")[:200_000])),
    }
    return fragment(request, "activity/_mail_preview.html.jinja", context)


def repeat_choices() -> list[tuple[str, str]]:
    """The usual rules of repetition."""
    return [
        ("FREQ=DAILY", _("Every day")),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", _("Every working day")),
        ("FREQ=WEEKLY", _("Every week")),
        ("FREQ=WEEKLY;INTERVAL=2", _("Every two weeks")),
        ("FREQ=MONTHLY", _("Every month")),
        ("FREQ=MONTHLY;INTERVAL=3", _("Every quarter")),
        ("FREQ=YEARLY", _("Every year")),
    ]


def reminder_choices() -> list[tuple[str, str]]:
    """How long before."""
    return [
        ("0", _("At the time")),
        ("15", _("15 minutes before")),
        ("60", _("1 hour before")),
        ("1440", _("1 day before")),
    ]


def _mail_context(actor: Actor, request: HttpRequest) -> dict[str, Any]:
    data = request.POST if request.method == "POST" else request.GET
    fields = Fields(data)
    about = about_of(actor, _with_recipient(fields))
    purpose = fields.text("purpose") or ConsentPurpose.SERVICE
    people = [
        (str(row.contact_id), _addressee(actor, "contact", row.contact))
        for row in _places(actor, about)
        if row.contact.email
    ]
    if about.contact and about.contact.email and str(about.contact.id) not in dict(people):
        people.insert(0, (str(about.contact.id), _addressee(actor, "contact", about.contact)))
    own = [("", _addressee(actor, "account", about.account))] if about.account and about.account.email else []
    known = about.account or about.contact
    reason = (
        services.may_contact(actor, **_customer(about), channel="mail", purpose=purpose)
        if known and purpose in ConsentPurpose.values
        else ""
    )
    return {
        "recipients": [*people, *own],
        "purposes": ConsentPurpose.choices,
        "purpose": purpose,
        "templates": [(str(row.id), f"{row.name} · {row.get_language_display()}") for row in templates_for(actor)],
        "reason": reason,
        "own_kind": "interaction",
    }


def _addressee(actor: Actor, object_name: str, record: Any) -> str:
    """Whom a mail goes to, with the address as far as the role may read it."""
    name = shown_label(actor, record)
    return f"{name} <{record.email}>" if matchable(actor, object_name, "email") else name


def _customer(about: About) -> dict[str, Any]:
    links = about.links
    return {"account_id": links["account_id"], "contact_id": links["contact_id"]}


def _with_recipient(fields: Fields) -> QueryDict:
    """The form with the chosen recipient as its contact."""
    data = fields.data.copy()
    if "recipient" in data:
        data["contact"] = fields.text("recipient")
    return data


def _merged(actor: Actor, about: About, text: str) -> str:
    """Merge fields that a person typed: {{ contact.name }}."""
    return services.merge_fields(actor, text, **_customer(about))


def _places(actor: Actor, about: About) -> list[Any]:
    return people_of(actor, about.account.id) if about.account else []


def _people(actor: Actor, request: HttpRequest) -> list[tuple[str, str]]:
    """Contacts to choose from, when the account is known."""
    about = about_of(actor, request.POST if request.method == "POST" else request.GET)
    return [(str(row.contact_id), shown_label(actor, row.contact)) for row in _places(actor, about)]


def _members(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """Colleagues chosen in a form that comes back."""
    keys = Fields(request.POST).keys(name)
    return [(str(row.id), row.name) for row in Membership.objects.filter(id__in=keys).order_by("name")]


def _is_day(text: str) -> bool:
    """Whether the calendar gave a day alone: whole days were drawn."""
    return len(text) == len("2026-11-19")


def _end_of(fields: Fields, end: datetime | None) -> datetime | None:
    """The end of an event; a day alone, as whole-day events have it, is taken to its last minute."""
    whole = end is not None and _is_day(fields.text("end_at"))
    return end + timedelta(days=1, minutes=-1) if whole and end else end


def _day_before(text: str) -> str:
    """The last day of whole days that the calendar drew: it names the first that is free again."""
    return (datetime.fromisoformat(text) - timedelta(days=1)).strftime(LOCAL)


def _kept(file: Any, actor: Actor) -> UUID:
    stored = store_file(
        name=file.name or "file", content=file, content_type=file.content_type, member_id=actor.member_id
    )
    return stored.id


def _now(*, days: int = 0, hour: int | None = None) -> str:
    moment = timezone.localtime() + timedelta(days=days)
    return (moment.replace(hour=hour, minute=0) if hour is not None else moment).strftime(LOCAL)


def _plus_hour(text: str) -> str:
    return (datetime.fromisoformat(text) + timedelta(hours=1)).strftime(LOCAL)


def _given_or(text: str | None, default: str) -> str:
    """The calendar gives moments with their offset, a day alone for whole days."""
    try:
        moment = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        return default
    return (timezone.localtime(moment) if moment.tzinfo else moment).strftime(LOCAL)


def _before(due: datetime | None, minutes: int | None) -> datetime | None:
    return due - timedelta(minutes=minutes) if due and minutes is not None else None
