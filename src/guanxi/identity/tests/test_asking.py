"""A question that travels with the beginning of its transaction: the same answer, one wait less, whatever the connection knows."""

from uuid import UUID

import pytest
from django.db import connection

from guanxi.core.db.asking import Asking, Question
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.models import Company
from guanxi.identity.services import create_tenant

NAMES = Question(
    "guanxi_test_names",
    "SELECT m.name::text, current_setting('app.tenant'), NULL FROM identity_membership m WHERE m.name <> %(but)s ORDER BY 1",
    {"but": "text"},
)
PASSWORD = "Correct-Horse-7"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenants() -> list[UUID]:
    slugs = ("polaris", "borealis")
    made = [
        create_tenant(
            slug=slug,
            name=slug.title(),
            admin_email=f"a@{slug}.example",
            admin_password=PASSWORD,
            admin_name=slug.title(),
        )
        for slug in slugs
    ]
    return [one.id for one in made]


def ask(tenant_id: UUID, but: str = "") -> tuple[list[tuple[str | None, ...]], bool]:
    """The rows, and whether they came with the beginning."""
    asking = Asking(NAMES, {"but": but})
    with tenant_tx(tenant_id, asking=asking):
        came = asking._rows is not None
        assert current_tenant_id() == tenant_id and Company.objects.get().id == tenant_id
        return asking.rows(), came


def test_the_first_question_of_a_connection_waits_all_others_travel(tenants: list[UUID]) -> None:
    polaris, borealis = tenants
    assert ask(polaris) == ([("Polaris", str(polaris), None)], False)
    assert ask(polaris) == ([("Polaris", str(polaris), None)], True)
    assert ask(borealis) == ([("Borealis", str(borealis), None)], True)
    assert ask(polaris, "Polaris") == ([], True)


def test_values_are_quoted(tenants: list[UUID]) -> None:
    ask(tenants[0])
    assert ask(tenants[0], "'); DROP TABLE identity_membership; --\\'") == ([("Polaris", str(tenants[0]), None)], True)


def test_a_connection_that_forgot_the_question_answers_all_the_same(tenants: list[UUID]) -> None:
    ask(tenants[0])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert ask(tenants[0]) == ([("Polaris", str(tenants[0]), None)], False)
    assert ask(tenants[0])[1]


def test_inside_a_running_transaction_it_is_asked_there(tenants: list[UUID]) -> None:
    ask(tenants[0])
    with tenant_tx(tenants[0]):
        assert ask(tenants[0]) == ([("Polaris", str(tenants[0]), None)], False)
