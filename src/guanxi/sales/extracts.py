"""What was sold, and what may be, for the warehouse.

A transaction is a line of an order that is neither a draft nor cancelled, on the day of the order; an order without priced lines (from an import of
totals) is one line without a product. Costs are those that were copied into the line.
"""

from guanxi.records.extracts import Extract, in_company, row_print

_DAY = "coalesce(o.order_date, (o.created_at AT TIME ZONE %(zone)s)::date)"


def _money(amount: str) -> str:
    return in_company(amount, "o.currency", _DAY)


_QUANTITY = "l.quantity::double precision"
_COST = f"CASE WHEN l.id IS NULL THEN o.net_total - o.margin ELSE (l.cost * {_QUANTITY})::bigint END"
_REVENUE = "coalesce(l.amount, o.net_total)"
_DISCOUNT = f"CASE WHEN l.id IS NULL THEN o.discount_total ELSE (l.list_price * {_QUANTITY})::bigint - l.amount END"
TRANSACTIONS = f"""
SELECT ({row_print("o", "l")} # coalesce(uuid_hash_extended(p.family_id, 1), 0)) AS print, o.account_id AS account, o.id AS "order", coalesce(l.id, o.id) AS line, l.product_id AS product,
       p.family_id AS family, {_DAY} AS day, {_QUANTITY} AS quantity, {_money(_REVENUE)} AS revenue, {_money(f"({_COST})")} AS cost,
       {_money(f"({_REVENUE} - ({_COST}))")} AS margin, {_money(f"({_DISCOUNT})")} AS discount, o.owner_id AS owner, o.team_id AS team,
       '' AS channel
FROM sales_order o
LEFT JOIN sales_orderline l ON l.tenant_id = o.tenant_id AND l.order_id = o.id AND l.kind = 'product'
LEFT JOIN catalogue_product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
WHERE o.tenant_id = %(tenant)s AND o.deleted_at IS NULL AND o.status NOT IN ('draft', 'cancelled')
"""
SOLD = {
    "account": "text",
    "order": "text",
    "line": "text",
    "product": "text",
    "family": "text",
    "day": "day",
    "quantity": "number",
    "revenue": "number",
    "cost": "number",
    "margin": "number",
    "discount": "number",
    "owner": "text",
    "team": "text",
    "channel": "text",
}
_AT = "(h.at AT TIME ZONE %(zone)s)::date"
PIPELINE = f"""
SELECT {row_print("h", "o")} AS print, o.account_id AS account, o.id AS opportunity, h.id AS move, h.to_stage_id AS stage, s.category, h.at,
       {_AT} AS day, {in_company("coalesce(h.amount, o.amount)", "o.currency", _AT)} AS amount, h.probability, o.owner_id AS owner, o.team_id AS team
FROM sales_stagehistory h
JOIN sales_opportunity o ON o.tenant_id = h.tenant_id AND o.id = h.opportunity_id
JOIN sales_stage s ON s.tenant_id = h.tenant_id AND s.id = h.to_stage_id
WHERE h.tenant_id = %(tenant)s AND o.deleted_at IS NULL
"""
MOVES = {
    "account": "text",
    "opportunity": "text",
    "move": "text",
    "stage": "text",
    "category": "text",
    "at": "moment",
    "day": "day",
    "amount": "number",
    "probability": "whole",
    "owner": "text",
    "team": "text",
}


def extracts() -> tuple[Extract, ...]:
    """Lines of orders, and moves of opportunities between stages."""
    return (
        Extract("transactions", SOLD, by="day", rows=TRANSACTIONS),
        Extract("pipeline", MOVES, by="day", rows=PIPELINE),
    )
