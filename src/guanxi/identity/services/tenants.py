"""Making a tenant with everything that work in it needs."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import BusinessCalendar, Company, Membership, Role, Team, Tenant, User
from guanxi.identity.ports import NEW_TENANT
from guanxi.identity.roles import DEFAULT_ROLES
from guanxi.identity.validation import (
    clean_country,
    clean_currency,
    clean_email,
    clean_language,
    clean_password,
    clean_text,
    clean_time_zone,
)
from guanxi.identity.working_time import OFFICE_HOURS
from guanxi.identity.zones import zone_of_country


def create_tenant(
    *,
    slug: str,
    name: str,
    admin_email: str,
    admin_password: str | None,
    admin_name: str = "",
    currency: str = "CNY",
    language: str = "en",
    country: str = "CN",
    time_zone: str = "",
    new_person: bool = False,
) -> Tenant:
    """A new company with default roles, a team, a business calendar and its first administrator.

    Without `time_zone` it has that of its country. A person whose e-mail is known becomes the administrator with the password unchanged; otherwise `admin_password`
    is required. With `new_person` a known e-mail is refused: the visitor has not proved to be that person. Rooms above add their share through the port NEW_TENANT. Raises `Invalid`.
    """
    if new_person and User.objects.filter(email=admin_email.strip().lower()).exists():
        raise Invalid({"email": [_("This address has an account already. Sign in, then set up another company.")]})
    tenant = Tenant(id=new_id(), slug=_clean_slug(slug), name=clean_text("name", name, max_length=200))
    company = Company(
        id=tenant.id,
        tenant_id=tenant.id,
        currency=clean_currency(currency),
        language=clean_language(language),
        country=clean_country(country),
        time_zone=clean_time_zone(time_zone or zone_of_country(country)),
    )
    with tenant_tx(tenant.id), translation.override(company.language):
        _insert(tenant)
        company.save(force_insert=True)
        user = person(
            email=clean_email("email", admin_email), password=admin_password, name=admin_name,
            language=company.language, time_zone=company.time_zone, password_field="password",
        )  # fmt: skip
        _furnish(tenant, company, user)
    return tenant


def tenant_by_slug(slug: str) -> Tenant:
    """The active tenant called `slug`; raises `Invalid` with the known ones."""
    found = Tenant.objects.filter(slug=slug, is_active=True).first()
    if found is None:
        raise Invalid({"tenant": [_("There is no company “%(slug)s”.") % {"slug": slug}]})
    return found


def person(
    *, email: str, password: str | None, name: str, language: str, time_zone: str, password_field: str = "password"
) -> User:
    """The user with this clean e-mail, made when unknown (then without `password` only a reset opens the account)."""
    known = User.objects.filter(email=email).first()
    if known is not None:
        return known
    name = clean_text("name", name or email.split("@")[0], max_length=120)
    if password is not None:
        password = clean_password(password_field, password, email=email, name=name)
    return User.objects.create_user(email, password, name=name, language=language, time_zone=time_zone)


def free_slug(name: str) -> str:
    """A slug for a company's name that nobody uses yet."""
    letters = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower())
    base = "-".join(part for part in letters.split("-") if part)[:50] or "company"
    taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if slug not in taken
    )


def _clean_slug(slug: str) -> str:
    slug = clean_text("slug", slug, max_length=60)
    try:
        validate_slug(slug)
    except ValidationError:
        raise Invalid({"slug": [_("Use letters, digits, hyphens and underscores only.")]}) from None
    return slug


def _insert(tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError:
        raise Invalid({"slug": [_("“%(slug)s” is taken.") % {"slug": tenant.slug}]}) from None


def _furnish(tenant: Tenant, company: Company, user: User) -> Membership:
    roles = {
        role.key: Role.objects.create(
            key=role.key,
            name=str(role.name),
            is_admin=role.is_admin,
            grants={k: dict(v) for k, v in role.grants.items()},
        )
        for role in DEFAULT_ROLES
    }
    team = Team.objects.create(name=_("Company"))
    BusinessCalendar.objects.create(
        name=_("Office hours"),
        time_zone=company.time_zone,
        country=company.country,
        hours=OFFICE_HOURS,
        is_default=True,
    )
    admin: Membership = Membership.objects.create(user=user, role=roles["administrator"], team=team, name=user.name)
    actor = _system(tenant.id, company)
    for set_up in NEW_TENANT:
        set_up(actor, language=company.language)
    note_access(actor, "tenant.created", object_name="tenant", record_id=tenant.id, detail={"slug": tenant.slug})
    return admin


def _system(tenant_id: UUID, company: Company) -> Actor:
    return Actor.system(
        tenant_id, via="cli", currency=company.currency, language=company.language, time_zone=company.time_zone
    )
