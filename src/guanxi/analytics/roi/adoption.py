"""Whether the staff uses the system: three of four introductions fail by lack of vision and use, not by software."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate, TruncWeek

from guanxi.analytics.access import require_manage
from guanxi.analytics.models.returns import Training
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.roi.cases import require_return
from guanxi.core.models import AccessEntry, Change
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.models import Import
from guanxi.records.queries import visible_records

WEEKS = 12
BY_HAND = ("web", "api")
REGULAR, RARE = 75.0, 40.0
"""Percent of the weeks from which on somebody works with the system regularly; below the second rarely."""
ACCOUNT_FIELDS = ("industry", "region", "phone", "source", "owner")
DEAL_FIELDS = ("amount", "close_date", "next_step", "type", "contact")
EMPTY_TEXT = {"industry", "region", "phone", "source", "next_step", "type"}
Weekly = dict[UUID, Counter[date]]


@dataclass
class Person:
    """One colleague over the last weeks: weeks with a sign-in or a change, records made and edited by hand, activities logged, share of fields filled in the
    own accounts and open opportunities (percent, None without any), files imported, trainings."""

    id: UUID
    name: str
    team: str
    weeks: int = 0
    spark: list[int] = field(default_factory=list)
    made: int = 0
    edited: int = 0
    logged: int = 0
    filled: float | None = None
    records: int = 0
    imports: int = 0
    trainings: list[Training] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the weeks, those in which the person worked with the system, in percent."""
        return self.weeks / WEEKS * 100

    @property
    def light(self) -> str:
        """jade, amber or rose."""
        return "jade" if self.share >= REGULAR else "amber" if self.share >= RARE else "rose"


@dataclass(frozen=True)
class Crew:
    """A team, or all: means of its people."""

    name: str
    people: list[Person]

    def mean(self, name: str) -> float:
        """The mean of a figure per person and week."""
        return sum(getattr(one, name) for one in self.people) / len(self.people) / WEEKS if self.people else 0.0

    @property
    def share(self) -> float:
        """Weeks worked of all weeks, in percent."""
        return sum(one.share for one in self.people) / len(self.people) if self.people else 0.0

    @property
    def filled(self) -> float | None:
        """Fields filled of all fields of the records they own, in percent."""
        known = [(one.filled, one.records) for one in self.people if one.filled is not None]
        whole = sum(records for _filled, records in known)
        return sum(filled * records for filled, records in known) / whole if whole else None

    @property
    def trained(self) -> float:
        """Who had a training, in percent."""
        return sum(bool(one.trainings) for one in self.people) / len(self.people) * 100 if self.people else 0.0


@dataclass(frozen=True)
class Adoption:
    """The weeks from `first` on (Mondays), the share of people active in each in percent, teams and people."""

    first: date
    weeks: list[date]
    active: list[float]
    whole: Crew
    teams: list[Crew]


def adoption(actor: Actor) -> Adoption:
    """How the staff used the system in the last twelve whole weeks. Seven statements. Raises `NotAllowed`: figures of persons are for who manages."""
    require_return(actor)
    require_manage(actor)
    monday = company_today() - timedelta(days=company_today().weekday())
    weeks = [monday - timedelta(weeks=back) for back in range(WEEKS, 0, -1)]
    zone = ZoneInfo(actor.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (weeks[0], monday))
    members = Membership.objects.filter(is_active=True).select_related("team").order_by("name", "id")
    people = {one.id: Person(one.id, one.name, one.team.name if one.team else "") for one in members}
    active = _changes(people, begin, end, zone)
    for member, day in _signed_in(begin, end, zone):
        active.setdefault(member, Counter())[day] += 1
    _logged(actor, people, begin, end)
    _filled(actor, people)
    for member, count in (
        Import.objects.filter(created_at__gte=begin, created_at__lt=end)
        .order_by()
        .values_list("member_id")
        .annotate(n=Count("id"))
    ):
        if member in people:
            people[member].imports = count
    for one in Training.objects.order_by("-done_on", "title"):
        if one.member_id in people:
            people[one.member_id].trainings.append(one)
    for key, person in people.items():
        person.spark = [active.get(key, Counter())[week] for week in weeks]
        person.weeks = sum(count > 0 for count in person.spark)
    everybody = list(people.values())
    shares = [
        sum(one.spark[place] > 0 for one in everybody) / len(everybody) * 100 if everybody else 0.0
        for place in range(WEEKS)
    ]
    return Adoption(weeks[0], weeks, shares, Crew("", everybody), _teams(everybody))


def _teams(people: Iterable[Person]) -> list[Crew]:
    by_team: dict[str, list[Person]] = {}
    for one in people:
        by_team.setdefault(one.team, []).append(one)
    return [Crew(name, rows) for name, rows in sorted(by_team.items(), key=lambda pair: (pair[0] == "", pair[0]))]


def _changes(people: Mapping[UUID, Person], begin: datetime, end: datetime, zone: ZoneInfo) -> Weekly:
    """Records made and edited by hand; what imports and the system itself did counts for nobody."""
    rows = Change.objects.filter(at__gte=begin, at__lt=end, via__in=BY_HAND, member_id__isnull=False).order_by()
    found: Weekly = {}
    counted = rows.annotate(week=TruncWeek("at", tzinfo=zone)).values("member_id", "week").annotate(
        made=Count("record_id", filter=Q(version=1)), edited=Count("record_id", filter=Q(version__gt=1)),
    )  # fmt: skip
    for row in counted:
        key: Any = row["member_id"]
        person = people.get(key)
        if person is not None:
            person.made += row["made"]
            person.edited += row["edited"]
            found.setdefault(person.id, Counter())[row["week"].date()] += row["made"] + row["edited"]
    return found


def _signed_in(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterable[tuple[UUID, date]]:
    rows = AccessEntry.objects.filter(at__gte=begin, at__lt=end, action="sign-in", member_id__isnull=False).order_by()
    days = rows.annotate(day=TruncDate("at", tzinfo=zone)).values_list("member_id", "day").distinct()
    return [(member, day - timedelta(days=day.weekday())) for member, day in days]


def _logged(actor: Actor, people: Mapping[UUID, Person], begin: datetime, end: datetime) -> None:
    rows = (
        visible_records(actor, "interaction")
        .filter(created_at__gte=begin, created_at__lt=end)
        .exclude(channel="system")
    )
    for member, count in rows.order_by().values_list("created_by_id").annotate(n=Count("id")):
        if member in people:
            people[member].logged = count


def _filled(actor: Actor, people: Mapping[UUID, Person]) -> None:
    """Fields that are filled of those that the work needs, in the own accounts and open opportunities."""
    sums: dict[UUID, list[int]] = {}
    for rows, names in (
        (visible_records(actor, "account"), ACCOUNT_FIELDS), (visible_records(actor, "opportunity").filter(category="open"), DEAL_FIELDS),
    ):  # fmt: skip
        given: dict[str, Any] = {f"f_{name}": Count("id", filter=_given(name)) for name in names}
        for row in rows.filter(owner__in=list(people)).order_by().values("owner_id").annotate(n=Count("id"), **given):
            one = sums.setdefault(row["owner_id"], [0, 0, 0])
            one[0] += sum(row[f"f_{name}"] for name in names)
            one[1] += row["n"] * len(names)
            one[2] += row["n"]
    for key, (filled, whole, records) in sums.items():
        people[key].filled, people[key].records = filled / whole * 100, records


def _given(name: str) -> Q:
    return ~Q(**{name: ""}) if name in EMPTY_TEXT else Q(**{f"{name}__isnull": False})
