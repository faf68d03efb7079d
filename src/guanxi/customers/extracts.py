"""Accounts for the warehouse.

What can name or place a person (name, region, country) is only kept as it is now, so that an erasure leaves nothing behind; who
served the account, its kind, relation, stage and grade are kept with the days between which they held, taken from the history of changes.
"""

from guanxi.records.extracts import Extract, in_company, row_print

# Attributes with a past: column of the warehouse → name in the history, and the present value as SQL.
_DATED = {
    "kind": ("kind", "a.kind"),
    "relation": ("relations", "a.relations"),
    "parent": ("parent", "a.parent_id"),
    "owner": ("owner", "a.owner_id"),
    "team": ("team", "a.team_id"),
    "lifecycle_stage": ("lifecycle_stage", "a.lifecycle_stage"),
    "grade": ("grade", "a.grade"),
}
_FIELDS = ", ".join(f"'{field}'" for field, _now in _DATED.values())
_CREATED = "(a.created_at AT TIME ZONE %(zone)s)::date"
_DAY = "(c.at AT TIME ZONE %(zone)s)::date"


def _held(field: str, now: str) -> str:
    """SQL: the value until the day `v.until`: what the first later change replaced, else what is there now."""
    before = f"""SELECT c.diff->'{field}'->0 FROM core_change c
        WHERE c.tenant_id = a.tenant_id AND c.object = 'account' AND c.record_id = a.id AND c.diff ? '{field}' AND {_DAY} >= v.until
          AND c.action <> 'create' ORDER BY c.version LIMIT 1"""
    held = f"CASE WHEN v.until IS NULL THEN to_jsonb({now}) ELSE coalesce(({before}), to_jsonb({now})) END"
    return _as_list(held) if field == "relations" else f"({held} #>> '{{}}')"


def _as_list(value: str) -> str:
    return f"translate(({value})::text, '[]\" ', '')"


_HELD = ",\n       ".join(f"{_held(field, now)} AS {column}" for column, (field, now) in _DATED.items())
# Days on which a dated attribute changed; a version holds from its day up to the next one's.
_VERSIONS = f"""
    SELECT day AS since, lead(day) OVER (ORDER BY day) AS until FROM (
        SELECT {_CREATED} AS day
        UNION
        SELECT {_DAY} FROM core_change c
        WHERE c.tenant_id = a.tenant_id AND c.object = 'account' AND c.record_id = a.id AND c.action <> 'create'
          AND c.diff ?| ARRAY[{_FIELDS}] AND {_DAY} > {_CREATED}
    ) days"""
ACCOUNTS = f"""
SELECT {row_print("a")} AS print, a.id AS account, v.since AS "from", v.until AS "to", a.name, {_HELD},
       a.region, a.country, a.industry, {_CREATED} AS created, a.customer_since, a.is_key, a.employees,
       {in_company("a.annual_revenue", "a.currency", "current_date")} AS annual_revenue
FROM customers_account a CROSS JOIN LATERAL ({_VERSIONS}) v
WHERE a.tenant_id = %(tenant)s AND a.deleted_at IS NULL
"""
COLUMNS = {
    "account": "text",
    "from": "day",
    "to": "day",
    "name": "text",
    "kind": "text",
    "relation": "text",
    "parent": "text",
    "region": "text",
    "country": "text",
    "industry": "text",
    "owner": "text",
    "team": "text",
    "lifecycle_stage": "text",
    "grade": "text",
    "created": "day",
    "customer_since": "day",
    "is_key": "flag",
    "employees": "whole",
    "annual_revenue": "number",
}


def extracts() -> tuple[Extract, ...]:
    """The accounts."""
    return (Extract("accounts", COLUMNS, by="account", rows=ACCOUNTS),)
