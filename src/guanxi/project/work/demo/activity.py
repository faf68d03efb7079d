"""What happened with the customers on every channel, and what is planned."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.activity.models import CalendarEvent, Interaction, Note, Notification, Task
from guanxi.core.db.statements import send_prepared
from guanxi.core.events import Event
from guanxi.project.work.demo import words
from guanxi.project.work.demo.office import office_plans
from guanxi.project.work.demo.world import World, store, store_plain
from guanxi.sales.events import OpportunityLost, OpportunityWon, OrderConfirmed, QuoteAccepted, QuoteSent
from guanxi.sales.services.facts import SENTENCES

_LAST_CONTACTS = """
UPDATE customers_account a SET last_contact_at = t.at
FROM (SELECT account_id, max(at) AS at FROM activity_interaction WHERE tenant_id = %s AND channel <> 'system' GROUP BY 1) t
WHERE a.tenant_id = %s AND a.id = t.account_id
"""
HOME = ZoneInfo("Asia/Shanghai")
INTERACTIONS = 16_000
NOTES = 300
CHANNELS = (
    ("phone", 34),
    ("mail", 30),
    ("wechat", 12),
    ("visit", 8),
    ("meeting", 5),
    ("chat", 4),
    ("sms", 2),
    ("web", 2),
    ("event", 2),
    ("letter", 1),
)


def make_interactions(world: World) -> None:
    """Contacts on all channels, more with valuable customers, more lately; what was sold leaves its own lines."""
    weights = [{"A": 7, "B": 3, "C": 1.5, "D": 1}[account.grade] for account in world.accounts]
    names, shares = zip(*CHANNELS, strict=True)
    rows = []
    for account in world.dice.choices(world.accounts, weights, k=INTERACTIONS):
        rows.append(_interaction(world, account, world.dice.choices(names, shares)[0]))
    rows += _facts(world)
    for row in rows:
        row.tenant_id, row.code = world.actor.tenant_id, ""
        row.created_at = row.updated_at = row.at
        row.created_by_id = row.owner_id
    store_plain(Interaction, rows)
    send_prepared(_LAST_CONTACTS, [world.actor.tenant_id, world.actor.tenant_id])


def _interaction(world: World, account: Any, channel: str) -> Interaction:
    chinese = account.country == "CN"
    contact = world.pick(world.contacts_of[account.id])
    at = world.moment(min(1090.0, world.dice.expovariate(1 / 260)))
    at = min(at, world.now - timedelta(minutes=5))
    line = Interaction(
        channel=channel, direction=world.pick(("in", "out")), at=at, account=account, contact=contact, owner_id=account.owner_id, team_id=account.team_id,
    )  # fmt: skip
    if channel in ("mail", "letter"):
        mail = world.pick(words.MAILS)
        line.subject, line.body = world.said(mail[:2], chinese=chinese), world.said(mail[2:], chinese=chinese)
        return line
    line.body = world.said(world.pick(words.CALLS), chinese=chinese)
    line.subject = world.said(world.pick(words.NEXT_STEPS), chinese=chinese)
    if channel == "phone":
        line.duration_seconds = int(world.amount(240, 0.7))
        line.outcome = world.pick(("reached", "reached", "call_again", "voicemail", ""))
    elif channel in ("visit", "meeting"):
        line.duration_seconds, line.location = world.pick((1800, 3600, 5400)), account.city
    return line


def _facts(world: World) -> list[Interaction]:
    """What the timeline would have been told: every order, and what was sent, answered, won and lost in a year."""
    found = [_fact("order", order, OrderConfirmed, order.confirmed_at) for order in world.orders]
    since = world.now - timedelta(days=365)
    for item in world.opportunities:
        if item.closed_at and item.closed_at > since:
            kind = OpportunityWon if item.category == "won" else OpportunityLost
            found.append(_fact("opportunity", item, kind, item.closed_at))
    for quote in world.quotes:
        if quote.sent_at and quote.sent_at > since:
            found.append(_fact("quote", quote, QuoteSent, quote.sent_at))
            found += [_fact("quote", quote, QuoteAccepted, quote.accepted_at)] if quote.accepted_at else []
    return found


def _fact(name: str, record: Any, event: type[Event], at: datetime) -> Interaction:
    message, words = SENTENCES[event][-1], {"code": record.code, "name": record.name}
    return Interaction(
        channel="system", direction="none", at=at, account=record.account, contact=record.contact, owner_id=record.owner_id,
        team_id=record.team_id, object=name, record_id=record.id, subject=(message % words)[:300], message=message, args=words,
    )  # fmt: skip


def make_plans(world: World) -> None:
    """Tasks, some of them late, and a calendar around today for each seller."""
    tasks, events = [], []
    for seller in world.sellers:
        own = [account for account in world.accounts if account.owner_id == seller.id]
        tasks += [_task(world, seller, world.pick(own)) for _number in range(45)]
        events += _calendar(world, seller, own)
    office_tasks, office_events = office_plans(world)
    store(world, "task", tasks + office_tasks)
    store(world, "event", events + office_events)
    _notices(world, tasks)


def _writes_chinese(world: World, seller: Any, account: Any) -> bool:
    """Chinese sellers write Chinese about Chinese customers; the others of our people in China now and then."""
    return account.country == "CN" and ("\u4e00" <= seller.name[0] <= "\u9fff" or world.chance(0.5))


def _notices(world: World, tasks: list[Task]) -> None:
    """What waits in the inbox of the seller who enters the demonstration: a task from a colleague, a note with the own name."""
    first, colleague = world.sellers[0], world.sellers[1]
    given = next(task for task in tasks if task.owner_id == first.id and task.status == "not_started")
    told = next(note for note in world.notes if first.id in note.mentions)
    store_plain(Notification, [
        Notification(
            member=first, kind="task_assigned", message="%(who)s gave you the task “%(what)s”", args={"who": colleague.name, "what": given.subject},
            url=f"/tasks/{given.id}/", object="task", record_id=given.id, at=world.now,
        ),
        Notification(
            member=first, kind="mention", message="%(who)s mentioned you: %(what)s", args={"who": told.owner.name, "what": told.subject},
            url=f"/accounts/{told.account_id}/", object="note", record_id=told.id, at=world.now - timedelta(hours=1),
        ),
    ])  # fmt: skip


def make_notes(world: World) -> None:
    """What colleagues wrote down, some to each other by @; each is a line of the timeline with the same key."""
    days = []
    for number, account in enumerate(world.dice.sample(world.accounts, NOTES)):
        seller = world.pick(world.sellers[1:]) if number < 5 else account.owner
        # The first few are to the seller who enters the demonstration.
        other = world.sellers[0] if number < 5 else world.pick([one for one in world.sellers if one.id != seller.id])
        text = world.said(world.pick(words.NOTES[::5] if number < 5 else words.NOTES), chinese=account.country == "CN")
        mentions = [other.id] if "{name}" in text else []
        days.append(world.moment(world.dice.expovariate(1 / 60) + 0.2))
        world.notes.append(
            Note(
                body=text.format(name=other.name), mentions=mentions, account=account, owner=seller, team=account.team,
                contact=world.pick(world.contacts_of[account.id]) if world.chance(0.4) else None,
            )
        )  # fmt: skip
    store(world, "note", world.notes, dated=days)
    store_plain(Interaction, [
        Interaction(
            id=note.id, tenant_id=note.tenant_id, code="", channel="note", direction="none", at=note.created_at, body=note.body, account=note.account,
            contact=note.contact, owner=note.owner, team=note.team, created_at=note.created_at, updated_at=note.created_at, created_by_id=note.owner_id,
        )
        for note in world.notes
    ])  # fmt: skip


def _task(world: World, seller: Any, account: Any) -> Task:
    subject = world.pick(words.TASKS)
    chinese = _writes_chinese(world, seller, account)
    steps = words.STEPS if subject[2] == "visit" else ()
    offset = world.dice.triangular(-21, 60, 0)
    due = world.moment(offset)
    done = offset > 0 and not world.chance(0.07)
    return Task(
        subject=world.said(subject[:2], chinese=chinese), kind=subject[2], due_at=due, account=account, contact=world.pick(world.contacts_of[account.id]),
        owner=seller, team=seller.team, priority=world.dice.choices(("low", "normal", "high", "urgent"), (10, 65, 20, 5))[0],
        status="completed" if done else world.pick(("not_started", "not_started", "in_progress", "waiting")), completed_at=due if done else None,
        checklist=[{"text": world.said(step, chinese=chinese), "done": done or world.chance(0.3)} for step in steps],
        repeat="FREQ=MONTHLY" if subject[0] == "Ask about payment" and not done else "", reminder_at=due - timedelta(minutes=60) if due > world.now else None,
    )  # fmt: skip


def _calendar(world: World, seller: Any, accounts: list[Any]) -> list[CalendarEvent]:
    """Two to five appointments on each working day from two weeks ago to three weeks ahead."""
    events = []
    for days in range(-14, 22):
        day = world.now.astimezone(HOME) + timedelta(days=days)
        if day.weekday() >= 5 and days != 0:
            continue
        starts = sorted(world.dice.sample(range(9, 18), world.dice.randint(2, 4)))
        for hour in starts:
            account = world.pick(accounts)
            kind = world.pick(("visit", "call", "meeting", "call"))
            start = day.replace(hour=hour, minute=world.pick((0, 0, 30)), second=0, microsecond=0)
            what = {"visit": ("Site visit", "现场拜访"), "call": ("Call", "电话"), "meeting": ("Meeting", "会议")}[kind]
            events.append(
                CalendarEvent(
                    subject=f"{world.said(what, chinese=_writes_chinese(world, seller, account))} · {account.name}", kind=kind, start_at=start,
                    end_at=start + timedelta(minutes=30 if kind == "call" else 60), account=account, owner=seller, team=seller.team,
                    location=account.city if kind == "visit" else "", time_zone="Asia/Shanghai",
                )
            )  # fmt: skip
    return events
