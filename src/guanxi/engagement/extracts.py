"""What was offered and what was answered, for the warehouse. Not in whose words.

A line of `answers` is one judged attribute (`kind` attribute, with perceived, expected, importance), or one measure of the answer
(`kind` csat, nps or ces, with its `score`).
"""

from guanxi.records.extracts import Extract, in_company, row_print

_DAY = "coalesce((r.converted_at AT TIME ZONE %(zone)s)::date, (r.answered_at AT TIME ZONE %(zone)s)::date, (r.proposed_at AT TIME ZONE %(zone)s)::date)"
# Accepted counts also where it led to a sale; what nobody answered yet is "none".
_RESPONSE = "CASE r.state WHEN 'converted' THEN 'accepted' WHEN 'proposed' THEN 'none' ELSE r.state END"
OFFERS = f"""
SELECT {row_print("r", "o")} AS print, r.account_id AS account, r.contact_id AS contact, r.id AS response_id, r.offer_id AS offer, o.product_id AS product,
       o.kind, r.channel, (r.proposed_at AT TIME ZONE %(zone)s)::date AS day, r.proposed_at AS at, r.answered_at, {_RESPONSE} AS response,
       (r.state = 'converted') AS converted, r.control, {in_company("r.revenue", "r.currency", _DAY)} AS revenue,
       {in_company("r.margin", "r.currency", _DAY)} AS margin, {in_company("o.contact_cost", "o.currency", _DAY)} AS cost, r.owner_id AS owner, r.team_id AS team
FROM engagement_response r
JOIN engagement_offer o ON o.tenant_id = r.tenant_id AND o.id = r.offer_id
WHERE r.tenant_id = %(tenant)s AND r.deleted_at IS NULL AND r.proposed_at IS NOT NULL
"""
OFFERED = {
    "account": "text",
    "contact": "text",
    "response_id": "text",
    "offer": "text",
    "product": "text",
    "kind": "text",
    "channel": "text",
    "day": "day",
    "at": "moment",
    "answered_at": "moment",
    "response": "text",
    "converted": "flag",
    "control": "flag",
    "revenue": "number",
    "margin": "number",
    "cost": "number",
    "owner": "text",
    "team": "text",
}
_ASKED = "a.tenant_id = %(tenant)s AND a.deleted_at IS NULL AND a.account_id IS NOT NULL AND a.answered_at IS NOT NULL"
_WHO = "a.account_id AS account, a.contact_id AS contact, a.questionnaire_id AS questionnaire, a.id AS answer"
_WHEN = "(a.answered_at AT TIME ZONE %(zone)s)::date AS day"
ANSWERS = f"""
SELECT {row_print("a", "i")} AS print, {_WHO}, i.attribute, {_WHEN}, i.perceived, i.expected, i.importance, NULL::double precision AS score,
       'attribute' AS kind, a.owner_id AS owner, a.team_id AS team
FROM engagement_answer a
JOIN engagement_answeritem i ON i.tenant_id = a.tenant_id AND i.answer_id = a.id AND i.attribute <> ''
WHERE {_ASKED}
UNION ALL
SELECT {row_print("a")} # hashtextextended(m.kind, 0) AS print, {_WHO}, '' AS attribute, {_WHEN}, NULL, NULL, NULL, m.score::double precision AS score,
       m.kind, a.owner_id AS owner, a.team_id AS team
FROM engagement_answer a
CROSS JOIN LATERAL (VALUES ('csat', a.csat), ('nps', a.nps), ('ces', a.ces)) AS m (kind, score)
WHERE {_ASKED} AND m.score IS NOT NULL
"""
ANSWERED = {
    "account": "text",
    "contact": "text",
    "questionnaire": "text",
    "answer": "text",
    "attribute": "text",
    "day": "day",
    "perceived": "whole",
    "expected": "whole",
    "importance": "whole",
    "score": "number",
    "kind": "text",
    "owner": "text",
    "team": "text",
}


def extracts() -> tuple[Extract, ...]:
    """Offers with responses, answers by attribute and by measure."""
    return (
        Extract("offers", OFFERED, by="day", rows=OFFERS),
        Extract("answers", ANSWERED, by="day", rows=ANSWERS),
    )
