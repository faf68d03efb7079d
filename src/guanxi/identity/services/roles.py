"""What roles permit."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import F, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Company, Role
from guanxi.identity.permissions import ACCESS, ACTIONS, SCOPES, require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import clean_text

MOST_ROWS = 2_000_000_000
Matrix = Mapping[str, Mapping[str, str]]


def create_role(actor: Actor, *, name: str, copy_of: UUID | None = None) -> Role:
    """A new role with the rights of another (never an administrator's), or with none. Raises `Invalid`, `NotAllowed`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        name = _clean_name(name)
        source = Role.objects.filter(id=copy_of, is_admin=False).first() if copy_of else None
        if copy_of and source is None:
            raise Invalid({"copy_of": [_("Choose one of the list.")]})
        role: Role = Role.objects.create(
            key=_free_key(name),
            name=name,
            grants=source.grants if source else {},
            field_access=source.field_access if source else {},
        )
        note_access(actor, "role.created", object_name="role", record_id=role.id, detail={"name": name})
    return role


def change_role(
    actor: Actor,
    *,
    role_id: UUID,
    version: int | None = None,
    name: str | None = None,
    grants: Matrix | None = None,
    field_access: Matrix | None = None,
    export_rows: int | str | None = None,
) -> Role:
    """Rename a role or replace its rights. An administrator's rights are not to be cut (`Conflict`)."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        role = locked(Role, role_id, version)
        if role.is_admin and (grants is not None or field_access is not None):
            raise Conflict(_("Administrators may do everything; give another role instead."))
        values: dict[str, object] = {}
        if name is not None:
            values["name"] = _clean_name(name, role)
        if grants is not None:
            values["grants"] = _clean_matrix("grants", grants, (*ACTIONS, "*"), SCOPES)
        if field_access is not None:
            values["field_access"] = _clean_matrix("field_access", field_access, None, ACCESS)
        if export_rows is not None and not role.is_admin:
            values["export_rows"] = _clean_rows(export_rows)
        before = save_changes(role, values)
        detail = differences(before, values)
        if detail:
            Company.objects.update(permissions_version=F("permissions_version") + 1)
            note_access(actor, "role.changed", object_name="role", record_id=role.id, detail=detail)
    return role


def delete_role(actor: Actor, *, role_id: UUID, version: int | None = None) -> None:
    """Delete a role that nobody has; the administrators' stays (`Conflict`)."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        role = locked(Role, role_id, version)
        if role.is_admin:
            raise Conflict(_("The company needs at least one active administrator."))
        note_access(actor, "role.deleted", object_name="role", record_id=role.id, detail={"name": role.name})
        try:
            role.delete()
        except ProtectedError:
            raise Conflict(_("Users have this role. Give them another one first.")) from None


def _clean_rows(rows: int | str) -> int:
    text = str(rows).strip() or "0"
    if not (text.isascii() and text.isdecimal()) or int(text[:12]) > MOST_ROWS:
        raise Invalid({"export_rows": [_("A whole number is expected.")]})
    return int(text)


def _clean_name(name: str, role: Role | None = None) -> str:
    name = clean_text("name", name, max_length=120)
    if Role.objects.filter(name=name).exclude(id=role.id if role else None).exists():
        raise Invalid({"name": [_("There is a role of this name.")]})
    return name


def _free_key(name: str) -> str:
    base = slugify(name)[:50] or "role"
    taken = set(Role.objects.values_list("key", flat=True))
    return next(key for key in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if key not in taken)


def _clean_matrix(
    field: str, matrix: Matrix, names: tuple[str, ...] | None, values: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    for object_name, row in matrix.items():
        if object_name != "*" and not object_name.replace("_", "").isalnum():
            raise Invalid({field: [_("“%(name)s” is not an object.") % {"name": object_name}]})
        for name, value in row.items():
            if value not in values or (names is not None and name not in names):
                raise Invalid(
                    {field: [_("“%(value)s” cannot be set here.") % {"value": f"{object_name}.{name}: {value}"}]}
                )
    return {object_name: dict(row) for object_name, row in matrix.items() if row}
