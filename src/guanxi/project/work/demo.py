"""The demonstration company: its people at every start, its business data at the first."""

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant, User
from guanxi.identity.services.members import create_user
from guanxi.identity.services.tenants import create_tenant

SLUG = "demo"
ADMINISTRATOR = ("admin@demo.example", "林静")
COLLEAGUES = (("manager@demo.example", "manager", "周明"), ("sales@demo.example", "sales", "王芳"))


def fill(password: str) -> None:
    """Make the company and its people unless they are there; `password` opens all their accounts."""
    tenant = Tenant.objects.filter(slug=SLUG).first() or _found(password)
    actor = Actor.system(tenant.id, via="cli")
    with tenant_tx(tenant.id):
        known = set(Membership.objects.values_list("user__email", flat=True))
    for email, role, name in COLLEAGUES:
        if email not in known:
            create_user(actor, email=email, name=name, role_key=role, password=password)
    _open_accounts(password)


def _found(password: str) -> Tenant:
    email, name = ADMINISTRATOR
    return create_tenant(
        slug=SLUG, name="华东精密 East China Precision", admin_email=email, admin_name=name, admin_password=password
    )


def _open_accounts(password: str) -> None:
    """The password of this start holds, whatever an earlier start was given."""
    for user in User.objects.filter(email__in=[ADMINISTRATOR[0], *(email for email, _, _ in COLLEAGUES)]):
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
