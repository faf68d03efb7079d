"""What happened with the customers on every channel, and what is planned."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.activity.models import CalendarEvent, Interaction, Notification, Task
from guanxi.core.db.statements import send_prepared
from guanxi.core.events import Event
from guanxi.project.work.demo import words
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
        line.subject, line.body = mail[1 if chinese else 0], mail[3 if chinese else 2]
        if chinese:
            line.body = mail[3]
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
        chinese = "\u4e00" <= seller.name[0] <= "\u9fff"
        tasks += [_task(world, seller, world.pick(own), chinese) for _number in range(45)]
        events += _calendar(world, seller, own, chinese)
    store(world, "task", tasks)
    store(world, "event", events)
    first = world.sellers[0]
    store_plain(Notification, [
        Notification(member=first, kind="task", message="Welcome: this is your day. Press ? for all keys.", url="/", at=world.now),
    ])  # fmt: skip


def _task(world: World, seller: Any, account: Any, chinese: bool) -> Task:
    subject = world.pick(words.TASKS)
    english_or_chinese = (subject[0], subject[1])
    offset = world.dice.triangular(-21, 60, 0)
    due = world.moment(offset)
    done = offset > 0 and not world.chance(0.07)
    return Task(
        subject=world.said(english_or_chinese, chinese=chinese), kind=subject[2], due_at=due, account=account, contact=world.pick(world.contacts_of[account.id]),
        owner=seller, team=seller.team, priority=world.dice.choices(("low", "normal", "high", "urgent"), (10, 65, 20, 5))[0],
        status="completed" if done else world.pick(("not_started", "not_started", "in_progress", "waiting")), completed_at=due if done else None,
    )  # fmt: skip


def _calendar(world: World, seller: Any, accounts: list[Any], chinese: bool) -> list[CalendarEvent]:
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
                    subject=f"{world.said(what, chinese=chinese)} · {account.name}", kind=kind, start_at=start,
                    end_at=start + timedelta(minutes=30 if kind == "call" else 60), account=account, owner=seller, team=seller.team,
                    location=account.city if kind == "visit" else "", time_zone="Asia/Shanghai",
                )
            )  # fmt: skip
    return events
