"""The large deterministic tenant of `guanxi bench`: every run and every machine has the same rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from rich.console import Console
from rich.progress import track

from guanxi.core.db.bulk import insert_rows
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, Contact
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant, create_user
from guanxi.project.work.statistics import analyze
from guanxi.records import registry
from guanxi.records.search import index_records
from guanxi.sales.models import Opportunity, Stage

TEAMS, MEMBERS = 3, 30
BATCH = 5000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "North", "Ridge", "Silver", "Harbour", "Granite", "Orchard", "Meridian", "Falcon", "Cedar", "Summit", "Quartz", "Delta",
    "华东", "长江", "南山", "金海", "恒达", "瑞丰",
)  # fmt: skip
TRADES = ("Instruments", "Logistics", "Foods", "Textiles", "精密", "科技", "Energy")
FAMILIES = ("Smith", "Garcia", "Müller", "张", "李", "王", "Novak", "Okafor")
GIVEN = ("Anna", "Boris", "三丰", "伟", "Clara", "David", "敏", "Erik", "Fatima")


@dataclass(frozen=True)
class Bench:
    """The tenant, the person who measures (a sales representative who sees the team's records), and the sizes."""

    tenant: Tenant
    actor: Actor
    accounts: int
    opportunities: int


def key_of(kind: int, number: int) -> UUID:
    """The id of row `number` of a kind: 1 account, 2 contact, 3 opportunity."""
    return UUID(f"{kind:08x}-0000-7000-8000-{number:012x}")


def prepare(accounts: int) -> Bench:
    """Find the tenant of this size or make it."""
    slug = f"bench-{accounts}"
    tenant = Tenant.objects.filter(slug=slug).first() or _make(slug, accounts)
    with tenant_tx(tenant.id):
        member = Membership.objects.get(user__email=f"rep0@{slug}.example")
        actor = actor_of_user(tenant.id, member.user_id)
    assert actor is not None
    return Bench(tenant, actor, accounts, 2 * accounts)


def _make(slug: str, accounts: int) -> Tenant:
    # Its name says that it is unfinished until the last row is in.
    unfinished = Tenant.objects.filter(slug=f"{slug}-unfinished").first()
    if unfinished is not None:
        unfinished.slug = f"{slug}-broken-{unfinished.id.hex[:8]}"
        unfinished.save(update_fields=["slug"])
    tenant = create_tenant(
        slug=f"{slug}-unfinished", name="Bench", admin_email=f"admin@{slug}.example", admin_password=f"Bench-{slug}-9", currency="CNY"
    )  # fmt: skip
    with tenant_tx(tenant.id):
        people = _people(tenant, slug)
        stages = list(Stage.objects.filter(pipeline__is_default=True).order_by("position"))
    makers: list[tuple[str, int, Callable[[int], Any]]] = [
        ("account", accounts, lambda number: _account(number, people)),
        ("contact", 2 * accounts, lambda number: _contact(number, people, accounts)),
        ("opportunity", 2 * accounts, lambda number: _opportunity(number, people, accounts, stages)),
    ]
    for object_name, count, make in makers:
        for part in _progress(object_name, count):
            with tenant_tx(tenant.id):
                rows = [make(number) for number in part]
                insert_rows(registry.get(object_name).model, rows)
                index_records(registry.get(object_name), rows)
    analyze(vacuum=True)
    tenant.slug = slug
    tenant.save(update_fields=["slug"])
    return tenant


def _progress(object_name: str, count: int) -> Iterator[range]:
    console = Console(stderr=True)
    parts = [range(at, min(count, at + BATCH)) for at in range(0, count, BATCH)]
    yield from track(parts, description=object_name, console=console, disable=not console.is_terminal)


def _people(tenant: Tenant, slug: str) -> list[Membership]:
    admin = Actor.system(tenant.id, via="cli")
    root = Team.objects.get(parent=None)
    teams = [Team.objects.create(name=f"Team {number}", parent=root) for number in range(TEAMS)]
    return [
        create_user(
            admin, email=f"rep{number}@{slug}.example", name=f"Rep {number}", role_key="sales", team=teams[number % TEAMS]
        )
        for number in range(MEMBERS)
    ]  # fmt: skip


def _common(kind: int, number: int, people: list[Membership]) -> dict[str, Any]:
    owner = people[number % MEMBERS]
    at = BEGIN + timedelta(seconds=31 * number)
    return {
        "id": key_of(kind, number), "code": "", "owner_id": owner.id, "team_id": owner.team_id, "created_at": at, "updated_at": at,
    }  # fmt: skip


def _account(number: int, people: list[Membership]) -> Account:
    name = account_name(number)
    return Account(
        **_common(1, number, people), name=name, name_sort=name.lower(), industry=TRADES[number % 7], city=f"City {number % 97}",
        country="CN" if number % 3 else "DE", currency="CNY", employees=number % 5000, grade="ABCD"[number % 4],
    )  # fmt: skip


def account_name(number: int) -> str:
    """The name of an account: two words and its number."""
    return f"{WORDS[number % 18]} {WORDS[number // 18 % 18]} {TRADES[number % 7]} {number}"


def _contact(number: int, people: list[Membership], accounts: int) -> Contact:
    family, given = FAMILIES[number % 8], GIVEN[number % 9]
    name = f"{given} {family}{number}"
    return Contact(
        **_common(2, number, people), name=name, name_sort=name.lower(), family_name=f"{family}{number}", given_name=given,
        account_id=key_of(1, number % accounts), job_title="Buyer",
    )  # fmt: skip


def _opportunity(number: int, people: list[Membership], accounts: int, stages: list[Stage]) -> Opportunity:
    stage = stages[number * 7 // 10 % len(stages)]
    closed = stage.category != "open"
    decided = timezone.now() - timedelta(days=number * 13 % 1000) if closed else None
    amount = Decimal(1000 + number * 7919 % 900_000)
    return Opportunity(
        **_common(3, number, people), name=f"{WORDS[number % 18]} project {number}", account_id=key_of(1, number % accounts),
        pipeline_id=stage.pipeline_id, stage_id=stage.id, category=stage.category, probability=stage.probability, amount=amount,
        amount_company=amount, weighted=amount * stage.probability / 100, currency="CNY", closed_at=decided, stage_since=BEGIN,
        close_date=(decided or timezone.now() + timedelta(days=number % 200)).date(),
        forecast_category="closed" if closed else "pipeline",
    )  # fmt: skip
