"""The search index and the one function that reads it.

Array containment is not leakproof, so under row-level security it could not use its index. The function runs as the table's owner,
for whom the policy is not forced on this one table, and filters by the tenant itself.
"""

from django.db import migrations

TABLE = """
CREATE TABLE records_searchentry (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    field varchar(60) NOT NULL,
    object varchar(60) NOT NULL,
    text text NOT NULL,
    norm text NOT NULL,
    grams text[] NOT NULL,
    owner_id uuid,
    team_id uuid,
    share_mask bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, record_id, field)
)
"""
INDEX = "CREATE INDEX records_searchentry_grams ON records_searchentry USING gin (tenant_id, grams)"
POLICY = [
    "ALTER TABLE records_searchentry ENABLE ROW LEVEL SECURITY",
    """CREATE POLICY tenant ON records_searchentry
       USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
       WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)""",
]
# Scopes come as JSON {"object": {"scope": "all|own|team|below|none", "fields": ["name", …]}}; a field that is hidden or
# masked is not in the list and so cannot match.
FUNCTION = r"""
CREATE FUNCTION records_search(
    q_norm text, q_grams text[], scopes jsonb, member uuid, teams uuid[], below uuid[], principals uuid[], mask bigint,
    most integer
) RETURNS TABLE (object varchar, record_id uuid, field varchar, text text, rank real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH hit AS (
        SELECT e.object, e.record_id, e.field, e.text, e.owner_id, e.at,
            CASE WHEN e.norm = q_norm THEN 100
                 WHEN e.field = 'code' AND e.norm LIKE '%' || q_norm THEN 90
                 WHEN e.norm LIKE replace(replace(q_norm, '%', '\%'), '_', '\_') || '%' THEN 60
                 WHEN e.norm LIKE '%' || chr(10) || replace(replace(q_norm, '%', '\%'), '_', '\_') || '%' THEN 50
                 ELSE 30 END
            + CASE WHEN e.owner_id = member THEN 15 ELSE 0 END
            - least(length(e.norm), 200) / 20.0 AS rank
        FROM records_searchentry e
        WHERE e.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
          AND e.grams @> q_grams
          AND position(q_norm IN e.norm) > 0
          AND scopes -> e.object -> 'fields' ? e.field
          AND (scopes -> e.object ->> 'scope' = 'all'
               OR e.owner_id = member AND scopes -> e.object ->> 'scope' <> 'none'
               OR e.team_id = ANY (teams) AND scopes -> e.object ->> 'scope' IN ('team', 'below')
               OR e.team_id = ANY (below) AND scopes -> e.object ->> 'scope' = 'below'
               OR (e.share_mask & mask) <> 0 AND scopes -> e.object ->> 'scope' <> 'none' AND EXISTS (
                   SELECT FROM identity_share s WHERE s.tenant_id = e.tenant_id AND s.record_id = e.record_id
                   AND s.object = e.object AND s.principal_id = ANY (principals)))
        LIMIT 2000
    ), best AS (
        SELECT DISTINCT ON (hit.record_id) hit.object, hit.record_id, hit.field, hit.text, hit.rank, hit.at
        FROM hit ORDER BY hit.record_id, hit.rank DESC
    )
    SELECT best.object, best.record_id, best.field, best.text, best.rank::real
    FROM best ORDER BY best.rank DESC, best.at DESC, best.record_id LIMIT most
$$
"""
SIGNATURE = "records_search(text, text[], jsonb, uuid, uuid[], uuid[], uuid[], bigint, integer)"


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial"), ("identity", "0002_own_memberships")]
    operations = [
        migrations.RunSQL([TABLE, INDEX, *POLICY], "DROP TABLE records_searchentry"),
        migrations.RunSQL(FUNCTION, f"DROP FUNCTION {SIGNATURE}"),
    ]
