"""Words inside long texts and documents, and the one function that reads them (see 0002_search)."""

import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy

TABLE = """
CREATE TABLE records_textentry (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    field varchar(60) NOT NULL,
    object varchar(60) NOT NULL,
    body text NOT NULL,
    words tsvector NOT NULL,
    owner_id uuid,
    team_id uuid,
    share_mask bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, record_id, field)
)
"""
INDEX = "CREATE INDEX records_textentry_words ON records_textentry USING gin (tenant_id, words) WITH (fastupdate = off)"
POLICY = [
    "ALTER TABLE records_textentry ENABLE ROW LEVEL SECURITY",
    """CREATE POLICY tenant ON records_textentry
       USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
       WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)""",
]
SEEN = """
          AND scopes -> {e}.object -> 'fields' ? {field}
          AND (scopes -> {e}.object ->> 'scope' = 'all'
               OR {e}.owner_id = ANY (principals) AND scopes -> {e}.object ->> 'scope' <> 'none'
               OR {e}.team_id = ANY (teams) AND scopes -> {e}.object ->> 'scope' IN ('team', 'below')
               OR {e}.team_id = ANY (below) AND scopes -> {e}.object ->> 'scope' = 'below'
               OR ({e}.share_mask & mask) <> 0 AND scopes -> {e}.object ->> 'scope' <> 'none' AND EXISTS (
                   SELECT FROM identity_share i WHERE i.tenant_id = {e}.tenant_id AND i.record_id = {e}.record_id
                   AND i.object = {e}.object AND i.principal_id = ANY (principals)))
"""
# A file is found by whoever finds its record: the record's own search entry says whose it is, and is gone while the record is deleted.
FUNCTION = rf"""
CREATE FUNCTION records_search_texts(
    asked tsquery, part text, scopes jsonb, member uuid, teams uuid[], below uuid[], principals uuid[], mask bigint, most integer
) RETURNS TABLE (object varchar, record_id uuid, field varchar, text text, rank real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH hit AS (
        (SELECT e.object, e.record_id, e.field, e.record_id AS key, e.field AS place, e.owner_id, e.at
         FROM records_textentry e
         WHERE e.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid AND e.words @@ asked AND e.field <> '$file'
         {SEEN.format(e="e", field="e.field")}
         LIMIT 2000)
        UNION ALL
        (SELECT s.object, s.record_id, 'file:' || f.id, e.record_id, e.field, s.owner_id, f.created_at
         FROM records_textentry e
         JOIN core_storedfile f ON f.tenant_id = e.tenant_id AND f.id = e.record_id AND f.deleted_at IS NULL
         JOIN LATERAL (SELECT * FROM records_searchentry x WHERE x.tenant_id = e.tenant_id AND x.record_id = f.record_id LIMIT 1) s ON true
         WHERE e.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid AND e.words @@ asked AND e.field = '$file'
         {SEEN.format(e="s", field="'$file'")}
         LIMIT 2000)
    ), best AS (
        SELECT DISTINCT ON (hit.record_id) hit.*, (20 + CASE WHEN hit.owner_id = member THEN 5 ELSE 0 END)::real AS rank
        FROM hit ORDER BY hit.record_id, hit.at DESC
    ), first AS (SELECT * FROM best ORDER BY best.rank DESC, best.at DESC, best.record_id LIMIT most)
    SELECT first.object, first.record_id, first.field::varchar,
           substr(e.body, greatest(1, position(lower(part) IN lower(e.body)) - 60), 240), first.rank
    FROM first JOIN records_textentry e ON e.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
         AND e.record_id = first.key AND e.field = first.place
    ORDER BY first.rank DESC, first.at DESC, first.record_id
$$
"""
SIGNATURE = "records_search_texts(tsquery, text, jsonb, uuid, uuid[], uuid[], uuid[], bigint, integer)"


class Migration(migrations.Migration):
    dependencies = [("records", "0016_privacy"), ("core", "0006_change_behalf")]

    operations = [
        migrations.CreateModel(
            name="TextEntry",
            fields=[
                ("tenant_id", models.UUIDField()),
                ("record_id", models.UUIDField()),
                ("field", models.CharField(max_length=60)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "record_id", "field", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object", models.CharField(max_length=60)),
                ("body", models.TextField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("owner_id", models.UUIDField(null=True)),
                ("team_id", models.UUIDField(null=True)),
                ("share_mask", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"db_table": "records_textentry", "managed": False},
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("read", "Searchable"),
                            ("empty", "No text in it"),
                            ("encrypted", "Protected by a password"),
                            ("broken", "Cannot be read"),
                            ("large", "Too large to be searched"),
                            ("slow", "Took too long to be read"),
                            ("other", "Not a text document"),
                        ],
                        max_length=10,
                    ),
                ),
                ("characters", models.IntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="core.storedfile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "file"), name="records_document_once"),
                ],
            },
        ),
        migrations.RunSQL([TABLE, INDEX, *POLICY], "DROP TABLE records_textentry"),
        migrations.RunSQL(FUNCTION, f"DROP FUNCTION {SIGNATURE}"),
    ]
