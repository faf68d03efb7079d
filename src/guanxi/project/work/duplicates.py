"""`guanxi dedupe --object`: the accounts or contacts of a company that are likely the same."""

from collections.abc import Iterator, Sequence
from typing import Any

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, Contact
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.duplicates import clusters_of
from guanxi.project.failure import Failure
from guanxi.science.linkage import headers, table_from

_COMMON = (
    ("email", headers.EMAIL),
    ("phone", headers.PHONE),
    ("city", headers.CITY),
    ("street", headers.STREET),
    ("postcode", headers.POSTCODE),
)
COLUMNS: dict[str, tuple[type[Account | Contact], tuple[tuple[str, str], ...]]] = {
    "accounts": (
        Account,
        (
            ("name", headers.COMPANY),
            ("legal_name", headers.COMPANY),
            ("tax_number", headers.NUMBER),
            ("website", headers.WEBSITE),
            *_COMMON,
        ),
    ),
    "contacts": (
        Contact,
        (
            ("given_name", headers.GIVEN),
            ("family_name", headers.FAMILY),
            ("birthday", headers.BIRTH_DATE),
            ("account__name", headers.COMPANY),
            ("mobile", headers.PHONE),
            *_COMMON,
        ),
    ),
}


def clusters_of_object(*, tenant: str, plural: str, precision: float) -> tuple[list[str], str]:
    """The clusters of all accounts or contacts that are not in the recycle bin, as JSON lines, and a summary."""
    if plural not in COLUMNS:
        raise Failure(f"{plural} cannot be compared. These can: {', '.join(COLUMNS)}.")
    model, columns = COLUMNS[plural]
    with tenant_tx(tenant_by_slug(tenant).id):
        table = table_from(_rows(model, [name for name, _role in columns]), [role for _name, role in columns])
    return clusters_of(table, precision=precision)


def _rows(model: type[Any], names: Sequence[str]) -> Iterator[list[str]]:
    records = model.objects.filter(deleted_at=None).order_by("id").values_list("id", *names)
    for values in records.iterator(chunk_size=5000):
        yield ["" if value is None else str(value) for value in values]
