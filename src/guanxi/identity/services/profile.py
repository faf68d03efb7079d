"""What a person decides for the own account."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Membership, User
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import clean_choice, clean_language, clean_text, clean_time_zone

THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "normal", "compact")

_CLEAN: dict[str, Any] = {
    "name": lambda field, value: clean_text(field, value, max_length=120),
    "language": lambda field, value: clean_language(value, field),
    "time_zone": lambda field, value: clean_time_zone(value, field),
    "theme": lambda field, value: clean_choice(field, value, THEMES),
    "density": lambda field, value: clean_choice(field, value, DENSITIES),
    "single_keys": lambda field, value: bool(value),
    "red_is_up": lambda field, value: bool(value),
}


def change_preferences(user_id: UUID, *, values: Mapping[str, Any]) -> User:
    """Change a person's own name, language, time_zone, theme, density, single_keys, red_is_up; raises `Invalid`."""
    clean = {name: _CLEAN[name](name, value) for name, value in values.items() if name in _CLEAN}
    user = User.objects.get(id=user_id)
    save_changes(user, clean)
    return user


def change_profile(actor: Actor, *, values: Mapping[str, Any]) -> Membership:
    """The same within a tenant: a changed name is the user's name there too, and is written down."""
    with tenant_tx(actor.tenant_id):
        assert actor.user_id is not None and actor.member_id is not None
        user = change_preferences(actor.user_id, values=values)
        member = locked(Membership, actor.member_id)
        clean: dict[str, Any] = (
            {"title": clean_text("title", values["title"], max_length=120, required=False)} if "title" in values else {}
        )
        if "phone" in values:
            clean["phone"] = clean_text("phone", values["phone"], max_length=40, required=False)
        if "name" in values:
            clean["name"] = user.name
        detail = differences(save_changes(member, clean), clean)
        if detail:
            note_access(actor, "user.changed", object_name="user", record_id=member.id, detail=detail)
    return member


def remember_tenant(user_id: UUID, *, tenant_id: UUID) -> None:
    """The tenant in which the person's next sign-in begins."""
    User.objects.filter(id=user_id).exclude(last_tenant_id=tenant_id).update(last_tenant_id=tenant_id)
