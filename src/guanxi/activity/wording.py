"""How a line of the timeline reads: the sentence, what stands behind it, its mark, its place in time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from guanxi.activity.models import Channel, Direction, Interaction, Outcome
from guanxi.core.ui.formats import clock, day_long, day_short, duration, month

ICONS = {
    Channel.PHONE: "phone",
    Channel.MAIL: "mail",
    Channel.CHAT: "message-circle",
    Channel.SMS: "message",
    Channel.WECHAT: "brand-wechat",
    Channel.SOCIAL: "social",
    Channel.VISIT: "map-pin",
    Channel.MEETING: "users",
    Channel.VIDEO: "video",
    Channel.VOICEMAIL: "microphone",
    Channel.LETTER: "mailbox",
    Channel.FAX: "printer",
    Channel.WEB: "world",
    Channel.EVENT: "presentation",
    Channel.SHOP: "building-store",
    Channel.NOTE: "note",
    Channel.SYSTEM: "activity",
}
TONES = {
    Channel.PHONE: "teal",
    Channel.VOICEMAIL: "teal",
    Channel.VIDEO: "teal",
    Channel.CHAT: "teal",
    Channel.SMS: "teal",
    Channel.WECHAT: "teal",
    Channel.SOCIAL: "teal",
    Channel.MAIL: "indigo",
    Channel.LETTER: "indigo",
    Channel.FAX: "indigo",
    Channel.VISIT: "jade",
    Channel.MEETING: "jade",
    Channel.EVENT: "jade",
    Channel.SHOP: "jade",
}


@dataclass(frozen=True)
class Place:
    """Under which heading a line stands, and the text in its time column (two lines when the heading is no single day)."""

    heading: str
    time: str
    day: str


def sentence(line: Interaction) -> SafeString:
    """Who did what, names in bold: Julia Brandt called; Lin Yue sent “Renewal terms” to Julia Brandt."""
    words = {"who": _bold(_actor_name(line)), "whom": _bold(_other_name(line)), "title": line.title}
    if line.channel in (Channel.SYSTEM, Channel.WEB):
        return format_html("{}", line.title or line.get_channel_display())
    pattern = _pattern(line)
    return format_html(_braced(pattern), **words)


def details(line: Interaction) -> list[str]:
    """What stands behind the sentence: duration, colleague, outcome, place."""
    found = []
    if line.duration_seconds:
        found.append(duration(line.duration_seconds))
    if line.direction == Direction.IN and line.owner and line.contact:
        found.append(_("with %(name)s") % {"name": line.owner.name})
    if line.title and line.channel not in (
        Channel.MAIL,
        Channel.LETTER,
        Channel.FAX,
        Channel.SYSTEM,
        Channel.WEB,
        Channel.NOTE,
    ):
        found.append(line.title)
    outcome = dict(Outcome.choices).get(line.outcome, line.outcome)
    return [*found, *(str(text) for text in (outcome, line.location) if text)]


def mark(line: Interaction) -> tuple[str, str]:
    """Icon and tone."""
    channel = Channel(line.channel)
    icon = ICONS[channel]
    if channel == Channel.PHONE and line.direction != Direction.NONE:
        icon = "phone-incoming" if line.direction == Direction.IN else "phone-outgoing"
    return icon, TONES.get(channel, "grey")


def place(at: datetime) -> Place:
    """Today, yesterday and the days of this week by themselves; then last week; then by month."""
    local, today = timezone.localtime(at), timezone.localdate()
    heading, single = _heading(local.date(), today)
    # The heading says the year where it is another: the narrow column of times has no room for it.
    return Place(heading, clock(at), "" if single else day_short(at, today=local.date()))


def _heading(day: date, today: date) -> tuple[str, bool]:
    monday = today - timedelta(days=today.weekday())
    if day >= today:
        return _("Today"), day == today
    if day == today - timedelta(days=1):
        return _("Yesterday"), True
    if day >= monday:
        return day_long(day), True
    if day >= monday - timedelta(days=7):
        return _("Last week"), False
    return (month(day) if day.year != today.year or day.month != today.month else _("Earlier this month")), False


def _pattern(line: Interaction) -> str:
    """The sentence as a msgid's translation, with %(who)s, %(whom)s and %(title)s."""
    coming, known, titled = line.direction == Direction.IN, bool(_other_name(line)), bool(line.title)
    channel = Channel(line.channel)
    if channel in (Channel.PHONE, Channel.VIDEO):
        return _("%(who)s called %(whom)s") if known and not coming else _("%(who)s called")
    if channel == Channel.VOICEMAIL:
        return _("%(who)s left a voice mail")
    if channel in (Channel.MAIL, Channel.LETTER, Channel.FAX):
        if coming:
            return _("%(who)s wrote “%(title)s”") if titled else _("%(who)s wrote")
        if not titled:
            return _("%(who)s wrote to %(whom)s") if known else _("%(who)s wrote")
        return _("%(who)s sent “%(title)s” to %(whom)s") if known else _("%(who)s sent “%(title)s”")
    if channel == Channel.NOTE:
        return _("%(who)s noted")
    if channel in (Channel.VISIT, Channel.MEETING):
        name = _("Visit by %(who)s") if channel == Channel.VISIT else _("Meeting with %(who)s")
        return name + (_(", with %(whom)s") if known else "")
    if channel in (Channel.CHAT, Channel.SMS, Channel.WECHAT, Channel.SOCIAL):
        return _("%(who)s wrote to %(whom)s") if known and not coming else _("%(who)s wrote")
    return _("%(who)s was there") if coming else _("%(who)s met %(whom)s") if known else "%(who)s"


def _actor_name(line: Interaction) -> str:
    if line.direction == Direction.IN:
        return _customer(line) or _("The customer")
    return line.owner.name if line.owner else _("Guanxi")


def _other_name(line: Interaction) -> str:
    return (
        "" if line.direction == Direction.IN else _customer(line) if line.contact else ", ".join(line.participants[:3])
    )


def _customer(line: Interaction) -> str:
    if line.contact:
        return line.contact.name
    return str(line.participants[0]) if line.participants else line.account.name if line.account else ""


def _bold(name: str) -> Any:
    return format_html("<b>{}</b>", name) if name else ""


def _braced(pattern: str) -> str:
    """A %-pattern as format_html wants it; braces in a translation would be its own."""
    escaped = pattern.replace("{", "{{").replace("}", "}}")
    for name in ("who", "whom", "title"):
        escaped = escaped.replace(f"%({name})s", "{" + name + "}")
    return escaped
