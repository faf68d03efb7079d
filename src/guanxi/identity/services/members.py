"""People of a tenant: joining, role and team, leaving."""

from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Company, Membership, Role, Team
from guanxi.identity.permissions import require_admin
from guanxi.identity.roles import ALIASES
from guanxi.identity.services.tenants import person
from guanxi.identity.validation import clean_email, clean_language


def create_user(
    actor: Actor,
    *,
    email: str,
    name: str = "",
    role_key: str,
    password: str | None = None,
    team: Team | UUID | None = None,
    language: str | None = None,
    title: str = "",
) -> Membership:
    """A person as a user of the actor's tenant; a known e-mail joins with its own password. Raises `Invalid`, `NotAllowed`.

    Without a team the person joins the root team; without a language that of the company.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = Company.objects.get()
        email = clean_email("email", email)
        role = role_by_key(role_key)
        if Membership.objects.filter(user__email=email).exists():
            raise Invalid({"email": [_("%(email)s is a user already.") % {"email": email}]})
        language = clean_language(language or company.language)
        user = person(email=email, password=password, name=name, language=language, time_zone=company.time_zone)
        member = Membership.objects.create(
            user=user, role=role, team=_team(team), name=name.strip() or user.name, title=title.strip()[:120]
        )
        detail = {"email": email, "role": role.key}
        note_access(actor, "user.created", object_name="user", record_id=member.id, detail=detail)
    return member


def role_by_key(key: str) -> Role:
    """The role with this key, or a usual other word for it; raises `Invalid` with the known keys."""
    wanted = key.strip().lower()
    role = Role.objects.filter(key=ALIASES.get(wanted, wanted)).first()
    if role is None:
        known = ", ".join(Role.objects.order_by("key").values_list("key", flat=True))
        raise Invalid({"role": [_("There is no role “%(key)s”. Roles: %(known)s.") % {"key": key, "known": known}]})
    return role


def root_team() -> Team | None:
    """The first team without a parent."""
    return Team.objects.filter(parent=None).order_by("id").first()


def _team(team: Team | UUID | None) -> Team | None:
    if team is None:
        return root_team()
    found = Team.objects.filter(id=team.id if isinstance(team, Team) else team).first()
    if found is None:
        raise Invalid({"team": [_("Choose one of the list.")]})
    return found
