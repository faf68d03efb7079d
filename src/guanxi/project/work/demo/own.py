"""What the administrator of the demonstration has added: an object and a field of the company's own, segments, rules of sharing.

Made by the commands that the settings pages use, after all else, so that criteria meet records.
"""

from datetime import timedelta
from typing import Any

from guanxi.identity.models import Team
from guanxi.project.work.demo.world import World
from guanxi.records.changes import Create, change_records, create_record
from guanxi.records.own_fields import create_field
from guanxi.records.own_objects.services import create_object
from guanxi.records.sharing.rules import save_rule
from guanxi.segments.services import copy_by_hand

PROJECTS = 72
STATUSES = (
    {"value": "planned", "label_en": "Planned", "label_zh": "计划中", "tone": "grey"},
    {"value": "under_way", "label_en": "Under way", "label_zh": "进行中", "tone": "indigo"},
    {"value": "waiting", "label_en": "Waiting for the customer", "label_zh": "等待客户", "tone": "amber"},
    {"value": "accepted", "label_en": "Accepted", "label_zh": "已验收", "tone": "jade", "closed": True},
)
OBJECT = {
    "name": "installation", "label_en": "Installation", "label_zh": "安装项目", "plural_en": "Installations", "plural_zh": "安装项目", "icon": "tool",
    "code_pattern": "IN-{yyyy}-{seq:4}", "statuses": STATUSES, "dated": True, "priced": True,
}  # fmt: skip
WORK = (
    ("Commissioning", "设备调试"), ("Line upgrade", "产线升级"), ("Calibration on site", "现场校准"),
    ("Training and handover", "培训与交接"), ("Vision cell", "视觉检测单元"),
)  # fmt: skip


def _is(field: str, value: Any, op: str = "is") -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


# Name, what it is for, object, criteria.
SEGMENTS = (
    ("Key accounts going quiet", "Key accounts that nobody has talked to for sixty days.", "account",
     {"all": [_is("is_key", True), {"not": _is("last_contact_at", {"last": 60, "unit": "days"}, "within")}]}),
    ("A customers in Germany", "For the letter about the new service contract.", "account", {"all": [_is("country", "DE"), _is("grade", "A")]}),
    ("Large deals of this quarter", "Open, above half a million, to be closed this quarter.", "opportunity",
     {"all": [_is("category", "open"), _is("amount_company", 500000, "gte"), _is("close_date", "this_quarter", "within")]}),
)  # fmt: skip


def make_own(world: World) -> None:
    """All of it, by the administrator."""
    _make_installations(world)
    _make_segments(world)
    _make_sharing(world)


def _make_installations(world: World) -> None:
    made = create_object(world.actor, OBJECT)
    link = create_field(
        world.actor,
        {
            "object": made.name,
            "kind": "link",
            "to": "account",
            "label_en": "Customer",
            "label_zh": "客户",
            "name": "own_customer",
        },
    )
    machines = create_field(
        world.actor,
        {"object": made.name, "kind": "number", "label_en": "Machines", "label_zh": "设备台数", "name": "own_machines"},
    )
    changes = [Create(_installation(world, number, link.name, machines.name)) for number in range(PROJECTS)]
    change_records(world.actor, made.name, changes)


def _installation(world: World, number: int, customer: str, machines: str) -> dict[str, Any]:
    account = world.pick(world.accounts)
    chinese = account.country == "CN"
    begins = world.moment(world.dice.randrange(-60, 300))
    ends = begins + timedelta(days=world.dice.randrange(3, 30))
    past = "accepted" if ends < world.now else "under_way"
    status = "planned" if begins > world.now else past if world.chance(0.85) else "waiting"
    return {
        "name": f"{account.name} {world.said(WORK[number % len(WORK)], chinese=chinese)}", "status": status,
        "starts_at": begins, "ends_at": ends, "amount": f"{round(world.amount(90000), -2):.2f}",
        "owner": account.owner_id, customer: account.id, machines: world.dice.randrange(1, 24),
    }  # fmt: skip


def _make_segments(world: World) -> None:
    for name, about, object_name, criteria in SEGMENTS:
        values = {"name": name, "description": about, "object": object_name, "kept": "criteria", "criteria": criteria}
        create_record(world.actor, "segment", values)
    guests = {"all": [_is("account.city", "上海"), _is("account.grade", "A")]}
    copy_by_hand(world.actor, {"name": "Guests of the Shanghai fair", "object": "contact", "criteria": guests})


def _make_sharing(world: World) -> None:
    teams = {team.name: team.id for team in Team.objects.all()}
    for name, field, value, team in (
        ("Key accounts: all of sales may see them", "is_key", True, "Sales"),
        ("German customers: North China helps out", "country", "DE", "North China"),
    ):
        save_rule(world.actor, {
            "name": name, "object": "account", "criteria": _is(field, value), "principal_kind": "team", "principal_id": teams[team],
            "may_edit": False, "is_active": True,
        })  # fmt: skip
