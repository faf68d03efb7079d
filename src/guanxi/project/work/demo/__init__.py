"""The demonstration company "Polaris Instruments": made once, by a seeded generator, in one transaction.

A kill in the middle leaves nothing behind, and the next start begins anew.
"""

from collections.abc import Callable

from django.db import connection, transaction
from rich.progress import track

from guanxi.analytics.models import RunCause
from guanxi.analytics.services.runs import plan_run
from guanxi.analytics.tasks import enqueue_run
from guanxi.core.db.behind import behind
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant, User
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant
from guanxi.project.work.demo import activity, asked, company, customers, documents, own, sales
from guanxi.project.work.demo.world import World
from guanxi.project.work.statistics import analyze

STEPS: tuple[Callable[[World], None], ...] = (
    company.make_catalogue,
    customers.make_accounts,
    customers.make_contacts,
    customers.make_competitors,
    documents.make_documents,
    sales.make_leads,
    sales.make_opportunities,
    sales.make_quotes_and_orders,
    sales.make_targets,
    activity.make_interactions,
    activity.make_notes,
    activity.make_plans,
    asked.make_offers,
    asked.make_answers,
    asked.make_markets,
)
SLUG = "demo"
ADMIN = "admin@demo.example"


def fill(password: str) -> None:
    """Make the demonstration's tenant unless it is there; its people get `password`, also when it changed since."""
    existing = Tenant.objects.filter(slug=SLUG).first()
    if existing is not None:
        _set_password(existing, password)
        return
    with transaction.atomic():
        tenant = create_tenant(
            slug=SLUG, name="Polaris Instruments", admin_email=ADMIN, admin_password=password, admin_name="Ada Chen",
            currency="CNY", language="en", country="CN",
        )  # fmt: skip
        with tenant_tx(tenant.id):
            world = World(_admin(tenant))
            _check_links_at_once()
            company.make_people(world, password)
            # The database stores one batch while the next is thought out.
            with behind():
                for step in track(STEPS, description="Filling the demonstration"):
                    step(world)
            own.make_own(world)
            # The worker computes what customers are worth once the pages stand.
            enqueue_run(plan_run(RunCause.NIGHT).id)
    analyze()


def _check_links_at_once() -> None:
    """Foreign keys are compared with each statement, while we go on, and not all together at the end, while we wait."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _admin(tenant: Tenant) -> Actor:
    user = User.objects.get(email=ADMIN)
    actor = actor_of_user(tenant.id, user.id, via="import")
    assert actor is not None, "the administrator was made a moment ago"
    return actor


def _set_password(tenant: Tenant, password: str) -> None:
    with tenant_tx(tenant.id):
        users = [member.user for member in Membership.objects.select_related("user")]
        for user in users:
            if user.email.endswith("@demo.example") and not user.check_password(password):
                user.set_password(password)
                user.save(update_fields=["password"])
