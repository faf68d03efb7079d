"""Contacts with customers for the warehouse: when, on which way, how long, at what cost. Not what was said."""

from guanxi.records.extracts import Extract, in_company, row_print

_DAY = "(i.at AT TIME ZONE %(zone)s)::date"
INTERACTIONS = f"""
SELECT {row_print("i")} AS print, i.id AS interaction, i.account_id AS account, i.contact_id AS contact, {_DAY} AS day, i.at, i.channel,
       i.direction, i.duration_seconds / 60.0 AS minutes, {in_company("i.cost", "i.currency", _DAY)} AS cost, i.outcome, i.owner_id AS owner,
       i.team_id AS team
FROM activity_interaction i
WHERE i.tenant_id = %(tenant)s AND i.deleted_at IS NULL AND i.account_id IS NOT NULL AND i.channel NOT IN ('system', 'note')
"""
COLUMNS = {
    "interaction": "text",
    "account": "text",
    "contact": "text",
    "day": "day",
    "at": "moment",
    "channel": "text",
    "direction": "text",
    "minutes": "number",
    "cost": "number",
    "outcome": "text",
    "owner": "text",
    "team": "text",
}


def extracts() -> tuple[Extract, ...]:
    """The interactions."""
    return (Extract("interactions", COLUMNS, by="day", rows=INTERACTIONS),)
