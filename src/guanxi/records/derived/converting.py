"""Amounts of several currencies in one sum: each in the company's currency, at the rate of the day on which its record was made."""

from guanxi.core.models import ExchangeRate
from guanxi.identity.models import Company
from guanxi.records.formulas.checking import Formula
from guanxi.records.formulas.compiling import Links, alias_of
from guanxi.records.registry import Field

Source = tuple[Links, Field]


def currency_of(formula: Formula) -> Source | None:
    """Where the currency of a formula's amounts stands: the way and the field; None if they have none, or several."""
    found: dict[tuple[str, ...], Source] = {}
    for ref in formula.refs:
        name = ref.field.currency
        if ref.field.kind == "money" and name in ref.kind.by_name:
            found[(*(link.name for _kind, link in ref.links), name)] = (ref.links, ref.kind.by_name[name])
    return next(iter(found.values())) if len(found) == 1 else None


def rate_sql(source: Source) -> str:
    """What one unit of the row's currency is worth in the company's; NULL where no rate is known."""
    links, field = source
    currency = f'{alias_of(links)}."{field.column}"'
    home = f'(SELECT currency FROM "{Company._meta.db_table}" LIMIT 1)'
    rates = ExchangeRate._meta.db_table
    return (
        f"CASE WHEN coalesce({currency}, '') IN ('', {home}) THEN 1::numeric ELSE (SELECT x.rate FROM \"{rates}\" x "
        f"WHERE x.tenant_id = t.tenant_id AND x.currency = {currency} AND x.day <= (t.created_at AT TIME ZONE 'UTC')::date "
        "ORDER BY x.day DESC LIMIT 1) END"
    )
