"""Settings of roles: what each may do with which objects and fields."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.core.errors import Stale
from guanxi.identity.choices import access_choices, action_labels, scope_choices
from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import Membership, Role
from guanxi.identity.permissions import ACTIONS, require_admin
from guanxi.identity.ports import GUARDED_OBJECTS, GuardedObject
from guanxi.identity.screens import actor_of, attempt, posted_values, settings_page, uuid_or_none, version_or_none
from guanxi.identity.services import change_role, create_role, delete_role

Matrix = dict[str, dict[str, str]]


@require_http_methods(["GET", "HEAD", "POST"])
def roles(request: HttpRequest) -> HttpResponse:
    """All roles; POST adds one."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        source = uuid_or_none(request.POST.get("copy_of"))
        role, errors = attempt(lambda: create_role(actor, name=request.POST.get("name", ""), copy_of=source))
        if role is not None:
            return redirect(f"/settings/roles/{role.id}/")
    holders: dict[UUID, int] = {}
    for role_id in Membership.objects.filter(is_active=True).values_list("role_id", flat=True):
        holders[role_id] = holders.get(role_id, 0) + 1
    rows = list(Role.objects.order_by("-is_admin", "name"))
    context = {
        "page_title": _("Roles and fields"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "roles": [{"role": row, "users": holders.get(row.id, 0)} for row in rows],
        "sources": [(str(row.id), row.name) for row in rows if not row.is_admin],
    }
    return settings_page(request, "identity/roles.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def role(request: HttpRequest, id: UUID) -> HttpResponse:
    """The matrix of one role: object × action × scope, and the fields that are not simply open."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    objects = guarded_objects()
    if request.method == "POST":
        page = _clash(request, id, objects)
        if page is not None:
            return page
        saved, errors = attempt(lambda: _save(request, id, objects))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(f"/settings/roles/{id}/")
    row = Role.objects.filter(id=id).first()
    if row is None:
        return redirect("/settings/roles/")
    stored = _values(row, objects)
    values = {name: request.POST.get(name, "") for name in stored} if errors else stored
    context = {
        "page_title": row.name,
        "name": values["name"],
        "export_rows": values.get("export_rows", ""),
        "before": dump_state(state_of(stored)),
        "errors": errors,
        "role": row,
        "objects": objects,
        "actions": action_labels(),
        "scopes": scope_choices(),
        "accesses": access_choices(),
        "scope": lambda name, action: values[f"g.{name}.{action}"],
        "access": lambda name, field: values[f"f.{name}.{field}"],
    }
    return settings_page(request, "identity/role.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_role(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a role that nobody has."""
    _done, errors = attempt(lambda: delete_role(actor_of(request), role_id=id))
    for text in errors.get("", []):
        messages.error(request, text)
    return redirect("/settings/roles/")


def guarded_objects() -> list[GuardedObject]:
    """Every object that a role can be given rights on."""
    return [found for listed in GUARDED_OBJECTS for found in listed()]


def _scope(row: Role, name: str, action: str) -> str:
    grants = row.grants.get(name) or row.grants.get("*") or {}
    return grants.get(action) or grants.get("*") or "none"


def _values(row: Role, objects: list[GuardedObject]) -> dict[str, str]:
    """What the form of a role shows."""
    values = {"name": row.name}
    if row.is_admin:
        return values
    values["export_rows"] = str(row.export_rows or "")
    for shown in objects:
        values |= {f"g.{shown.name}.{action}": _scope(row, shown.name, action) for action in ACTIONS}
        access = row.field_access.get(shown.name, {})
        values |= {f"f.{shown.name}.{field.name}": access.get(field.name, "write") for field in shown.fields}
    return values


def _clash(request: HttpRequest, id: UUID, objects: list[GuardedObject]) -> HttpResponse | None:
    row = Role.objects.filter(id=id).first()
    if row is None:
        return None
    words = {"name": Word(_("Name")), "export_rows": Word(_("Rows a day in exports"))}
    for shown in objects:
        words |= {
            f"g.{shown.name}.{action}": Word(f"{shown.label}: {title}", scope_choices())
            for action, title in action_labels().items()
        }
        words |= {
            f"f.{shown.name}.{field.name}": Word(f"{shown.label}: {field.label}", access_choices())
            for field in shown.fields
        }
    return settle(request, now=state_of(_values(row, objects)), words=words, trace=("role", id), version=row.version)


def _save(request: HttpRequest, id: UUID, objects: list[GuardedObject]) -> Role:
    data = request.POST
    row = Role.objects.filter(id=id).first()
    grants: Matrix = dict(row.grants) if row else {}
    access: Matrix = dict(row.field_access) if row else {}
    for shown in objects:
        chosen = {action: data[f"g.{shown.name}.{action}"] for action in ACTIONS if f"g.{shown.name}.{action}" in data}
        if chosen:
            grants[shown.name] = chosen
        fields = {field.name: data.get(f"f.{shown.name}.{field.name}", "") for field in shown.fields}
        if any(fields.values()):
            access[shown.name] = {name: value for name, value in fields.items() if value and value != "write"}
    try:
        return change_role(
            actor_of(request),
            role_id=id,
            version=version_or_none(data.get("version")),
            name=data.get("name", ""),
            grants=None if row and row.is_admin else grants,
            field_access=None if row and row.is_admin else access,
            export_rows=data.get("export_rows"),
        )
    except Stale:
        messages.error(request, _("Somebody changed this meanwhile. Look at it again."))
        raise
