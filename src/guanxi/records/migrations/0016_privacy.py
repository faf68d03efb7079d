"""Rules of retention, erasures, and the only way in which the history of changes may be rewritten."""

import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy

KEY = ("id", models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False))
TENANT = ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False))
SCRUB = r"""
CREATE FUNCTION records_scrub(given jsonb, pattern text, pseudonym text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN pattern = '' OR NOT given::text ~* pattern THEN given
           ELSE regexp_replace(given::text, pattern, pseudonym, 'gi')::jsonb END;
EXCEPTION WHEN invalid_text_representation THEN
    -- A number that is the person's: what it stood in goes whole.
    RETURN CASE jsonb_typeof(given) WHEN 'array' THEN '[]'::jsonb ELSE '{}'::jsonb END;
END $$
"""
# The app role may not change history. These run as its owner, for an erasure of the tenant that is under way, and only take away.
HISTORY = r"""
CREATE FUNCTION records_erase_history(
    erasure uuid, object_name text, keys uuid[], keep text[], pattern text, pseudonym text
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    changed integer;
BEGIN
    IF NOT EXISTS (SELECT FROM records_erasure e WHERE e.tenant_id = tenant AND e.id = erasure AND e.state = 'running') THEN
        RAISE EXCEPTION 'no erasure is under way' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE core_change c SET diff = records_scrub(
        CASE WHEN keep IS NULL THEN c.diff
             ELSE (SELECT coalesce(jsonb_object_agg(d.key, d.value), '{}'::jsonb) FROM jsonb_each(c.diff) d WHERE d.key = ANY (keep))
        END, pattern, pseudonym)
    WHERE c.tenant_id = tenant AND c.object = object_name AND c.record_id = ANY (keys) AND c.diff <> '{}'::jsonb;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$
"""
LOG = r"""
CREATE FUNCTION records_erase_log(erasure uuid, keys uuid[], pattern text, strong text, pseudonym text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    tenant uuid := nullif(current_setting('app.tenant', true), '')::uuid;
    changed integer;
BEGIN
    IF NOT EXISTS (SELECT FROM records_erasure e WHERE e.tenant_id = tenant AND e.id = erasure AND e.state = 'running') THEN
        RAISE EXCEPTION 'no erasure is under way' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE core_accessentry a SET detail = records_scrub(a.detail, pattern, pseudonym)
    WHERE a.tenant_id = tenant AND a.detail <> '{}'::jsonb
      AND (a.record_id = ANY (keys) AND pattern <> '' AND a.detail::text ~* pattern OR strong <> '' AND a.detail::text ~* strong);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0015_demands_and_layouts")]

    operations = [
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                KEY,
                TENANT,
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("object", models.CharField(max_length=60, verbose_name="Object")),
                ("criteria", models.JSONField(default=dict)),
                ("date_field", models.CharField(max_length=60, verbose_name="Age by")),
                ("days", models.PositiveIntegerField(verbose_name="Older than (days)")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("bin", "Move into the recycle bin"),
                            ("purge", "Remove for good"),
                            ("erase", "Erase the person’s data"),
                        ],
                        default="bin",
                        max_length=10,
                        verbose_name="What happens",
                    ),
                ),
                ("is_active", models.BooleanField(default=False, verbose_name="In force")),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_run_at", models.DateTimeField(null=True)),
                ("last_done", models.IntegerField(default=0)),
                ("last_held", models.IntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "name"), name="records_retention_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                KEY,
                TENANT,
                ("object", models.CharField(max_length=60)),
                ("record_id", models.UUIDField()),
                ("code", models.CharField(blank=True, max_length=40)),
                ("pseudonym", models.CharField(blank=True, max_length=60)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("gdpr", "Request of the person (GDPR, art. 17)"),
                            ("pipl", "Request of the person (PIPL, art. 47)"),
                            ("consent", "Consent was withdrawn"),
                            ("retention", "Kept long enough"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="Basis",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=120, verbose_name="Reference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waits for a second person"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("asked_by_id", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("done_by_id", models.UUIDField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "-asked_at", "-id"], name="records_erasure_at")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("asked", "running"))),
                        fields=("tenant_id", "record_id"),
                        name="records_erasure_open",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SCRUB, "DROP FUNCTION records_scrub(jsonb, text, text)"),
        migrations.RunSQL(HISTORY, "DROP FUNCTION records_erase_history(uuid, text, uuid[], text[], text, text)"),
        migrations.RunSQL(LOG, "DROP FUNCTION records_erase_log(uuid, uuid[], text, text, text)"),
    ]
