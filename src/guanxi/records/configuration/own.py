"""What the record engine and the rooms below it have of a company's configuration."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.core.models import CodePattern
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company, Membership, Role, SharingRule, Team
from guanxi.identity.services.company import change_company
from guanxi.identity.services.roles import change_role, create_role, delete_role
from guanxi.identity.services.teams import change_team, create_team, delete_team
from guanxi.records import registry
from guanxi.records.code_patterns import change_pattern
from guanxi.records.configuration.parts import Item, Part, Rows, keyed, of_keeping
from guanxi.records.demands.services import DUPLICATE_RULES, FIELD_RULES, GATES
from guanxi.records.layouts import services as layouts
from guanxi.records.models import Dashboard, Report, SavedView, Tag
from guanxi.records.own_fields import change_field, create_field, list_fields, remove_field
from guanxi.records.own_fields import describe as describe_field
from guanxi.records.own_objects import services as objects
from guanxi.records.reports.saved import delete_dashboard, delete_report, save_dashboard, save_report
from guanxi.records.rules import services as rules
from guanxi.records.saved_views import delete_view, save_view
from guanxi.records.sharing.rules import delete_rule as delete_sharing
from guanxi.records.sharing.rules import save_rule as save_sharing
from guanxi.records.tags import delete_tag, save_tag

SETTINGS = ("currency", "language", "time_zone", "country", "fiscal_year_start", "rooms_off", "recycle_days")
OBJECT = ("name", "label_en", "label_zh", "plural_en", "plural_zh", "icon", "statuses", "dated", "priced")
SHARING = ("name", "object", "criteria", "principal_kind", "principal_id", "may_edit", "is_active")
VIEW = ("object", "name", "criteria", "sort", "columns", "form", "options", "pinned")


def _read_settings(actor: Actor) -> Rows:
    company = Company.objects.get()
    yield "company", {name: getattr(company, name) for name in SETTINGS}


def _put_settings(actor: Actor, key: Any, item: Item) -> Any:
    change_company(actor, values={name: item[name] for name in SETTINGS if name in item})
    return key


def _read_roles(actor: Actor) -> Rows:
    for role in Role.objects.order_by("name"):
        rights = (
            {}
            if role.is_admin
            else {"grants": role.grants, "field_access": role.field_access, "export_rows": role.export_rows}
        )
        yield role.id, {"key": role.key, "name": role.name, **rights}


def _put_role(actor: Actor, key: UUID | None, item: Item) -> UUID:
    if key is None:
        role = create_role(actor, name=str(item.get("name") or item.get("key") or ""))
        # Access and layouts name roles by this key: it is the same in both companies.
        Role.objects.filter(id=role.id).update(key=str(item.get("key") or role.key))
        key = role.id
    rights = {name: item[name] for name in ("name", "grants", "field_access", "export_rows") if name in item}
    change_role(actor, role_id=key, **rights)
    return key


def _read_objects(actor: Actor) -> Rows:
    return [(row.id, {name: getattr(row, name) for name in OBJECT}) for row in objects.list_objects(actor)]


def _put_object(actor: Actor, key: UUID | None, item: Item) -> UUID:
    if key is None:
        return objects.create_object(actor, item).id
    objects.change_object(actor, key, {name: item[name] for name in OBJECT if name in item and name != "name"})
    return key


def _read_fields(actor: Actor) -> Rows:
    for row in list_fields(actor):
        shown = {name: value for name, value in describe_field(row).items() if name != "indexed"}
        yield row.id, {name: value for name, value in shown.items() if value not in (None, "", [])}


def _put_field(actor: Actor, key: UUID | None, item: Item) -> UUID:
    if key is None:
        return create_field(actor, item).id
    fixed = ("object", "name", "kind", "to", "result")
    change_field(actor, key, {name: value for name, value in item.items() if name not in fixed})
    return key


def _read_codes(actor: Actor) -> Rows:
    for row in CodePattern.objects.order_by("object"):
        kind = registry.find(row.object)
        # One that is as delivered is none of the company's own.
        if kind is not None and row.pattern != kind.code_pattern:
            yield row.object, {"object": row.object, "pattern": row.pattern}


def _put_code(actor: Actor, key: Any, item: Item) -> Any:
    change_pattern(actor, str(item.get("object")), str(item.get("pattern")))
    return item.get("object")


def _read_rules(actor: Actor) -> Rows:
    return [(row.id, rules.describe(row)) for row in rules.list_rules(actor)]


def _read_layouts(actor: Actor) -> Rows:
    return [(row.id, layouts.describe(row)) for row in layouts.list_layouts(actor)]


def _put_layout(actor: Actor, _key: Any, item: Item) -> UUID:
    return layouts.save_layout(actor, str(item.get("object")), str(item.get("role") or ""), item).id


def _read_views(actor: Actor) -> Rows:
    for row in SavedView.objects.filter(audience="all").order_by("object", "position", "name", "id"):
        yield row.id, {name: getattr(row, name) for name in VIEW}


def _put_view(actor: Actor, key: UUID | None, item: Item) -> UUID:
    given = {name: item[name] for name in VIEW if name in item and name != "object"}
    return save_view(actor, object_name=str(item.get("object")), audience="all", view_id=key, **given).id


def _read_reports(actor: Actor) -> Rows:
    for row in Report.objects.filter(audience="all").order_by("name", "id"):
        yield row.id, {"name": row.name, "about": row.about, "folder": row.folder, "definition": row.definition}


def _put_report(actor: Actor, key: UUID | None, item: Item) -> UUID:
    texts: dict[str, Any] = {name: str(item.get(name) or "") for name in ("name", "about", "folder")}
    return save_report(actor, definition=item.get("definition"), audience="all", report_id=key, **texts).id


def _read_dashboards(actor: Actor) -> Rows:
    for row in Dashboard.objects.filter(audience="all").order_by("name", "id"):
        yield row.id, {"name": row.name, "tiles": row.tiles, "filters": row.filters}


def _put_dashboard(actor: Actor, key: UUID | None, item: Item) -> UUID:
    given: dict[str, Any] = {
        "name": str(item.get("name") or ""),
        "tiles": item.get("tiles"),
        "filters": item.get("filters") or [],
    }
    return save_dashboard(actor, audience="all", dashboard_id=key, **given).id


def _read_sharing(actor: Actor) -> Rows:
    for row in SharingRule.objects.order_by("name", "id"):
        yield row.id, {name: getattr(row, name) for name in SHARING}


def _put_sharing(actor: Actor, key: UUID | None, item: Item) -> UUID:
    principal = item.get("principal_id")
    values = {**item, "principal_id": UUID(principal) if isinstance(principal, str) else principal}
    row: Any = save_sharing(actor, values, rule_id=key)
    found: UUID = row.id
    return found


def _read_teams(_actor: Actor) -> Rows:
    return [(row.id, {"name": row.name, "parent": row.parent_id}) for row in Team.objects.order_by("name", "id")]


def _put_team(actor: Actor, key: UUID | None, item: Item) -> UUID:
    name, parent = str(item.get("name") or ""), item.get("parent")
    above = UUID(str(parent)) if parent else None
    if key is None:
        return create_team(actor, name=name, parent_id=above).id
    return change_team(actor, team_id=key, name=name, parent_id=above).id


def _read_tags(_actor: Actor) -> Rows:
    return [(row.id, {"name": row.name, "colour": row.colour}) for row in Tag.objects.order_by("name", "id")]


def _put_tag(actor: Actor, key: UUID | None, item: Item) -> UUID:
    return save_tag(actor, name=str(item.get("name") or ""), colour=str(item.get("colour") or "grey"), tag_id=key).id


def _nothing(_actor: Actor, key: Any, _item: Item) -> Any:
    return key


def _people(actor: Actor) -> Rows:
    return [(row.id, {"name": row.user.email}) for row in Membership.objects.select_related("user").order_by("id")]


def _part(label: Any, place: int, read: Any, key: Any, put: Any, drop: Any = None, *, named: bool = False) -> Part:
    names = key if isinstance(key, tuple) else (key,)
    return Part(label, place, read, lambda item: keyed(item, names), put, drop, named)


def own_parts() -> dict[str, Part]:
    """The parts by name."""
    return {
        "users": _part(_("Users"), 0, _people, "name", _nothing, named=True),
        "teams": _part(_("Teams"), 5, _read_teams, "name", _put_team, lambda actor, key: delete_team(actor, team_id=key)),
        "tags": _part(_("Tags"), 10, _read_tags, "name", _put_tag, delete_tag),
        "settings": Part(_("Company"), 10, _read_settings, lambda item: "company", _put_settings),
        "objects": _part(_("Objects"), 20, _read_objects, "name", _put_object, lambda actor, key: objects.remove_object(actor, key)),
        "codes": _part(_("Codes"), 30, _read_codes, "object", _put_code, lambda actor, key: change_pattern(actor, key, registry.get(key).code_pattern) and None),
        "fields": _part(_("Fields"), 40, _read_fields, ("object", "name"), _put_field, lambda actor, key: remove_field(actor, key)),
        "roles": _part(_("Roles"), 50, _read_roles, "key", _put_role, lambda actor, key: delete_role(actor, role_id=key)),
        "rules": _part(_("Rules"), 80, _read_rules, ("object", "name"), lambda actor, key, item: rules.save_rule(actor, item, key).id, rules.delete_rule),
        "field_rules": of_keeping(FIELD_RULES, _("Rules of fields"), 80, ("object", "name")),
        "gates": of_keeping(GATES, _("What stages need"), 80, ("object", "field", "value")),
        "duplicate_rules": of_keeping(DUPLICATE_RULES, _("Rules against duplicates"), 80, ("object", "name")),
        "layouts": _part(_("Layouts"), 80, _read_layouts, ("object", "role"), _put_layout, layouts.reset_layout),
        "sharing": _part(_("Sharing rules"), 90, _read_sharing, "name", _put_sharing, lambda actor, key: delete_sharing(actor, key)),
        "views": _part(_("Views"), 90, _read_views, ("object", "name"), _put_view, delete_view),
        "reports": _part(_("Reports"), 90, _read_reports, "name", _put_report, delete_report),
        "dashboards": _part(_("Dashboards"), 95, _read_dashboards, "name", _put_dashboard, delete_dashboard),
    }  # fmt: skip
