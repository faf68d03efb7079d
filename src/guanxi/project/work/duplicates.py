"""`guanxi dedupe --object`: the records of a company that are likely the same."""

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.duplicates import clusters_of
from guanxi.project.failure import Failure
from guanxi.records import registry
from guanxi.records.review import compared_table


def clusters_of_object(*, tenant: str, plural: str, precision: float) -> tuple[list[str], str]:
    """The clusters of all accounts or contacts that are not in the recycle bin, as JSON lines, and a summary."""
    kind = registry.by_plural(plural)
    if kind is None or not kind.compared:
        known = ", ".join(one.plural for one in registry.objects() if one.compared)
        raise Failure(f"{plural} cannot be compared. These can: {known}.")
    with tenant_tx(tenant_by_slug(tenant).id):
        table = compared_table(kind)
    return clusters_of(table, precision=precision)
