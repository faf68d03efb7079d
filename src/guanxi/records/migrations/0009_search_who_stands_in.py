"""The search finds what an absent colleague owns, for who stands in: owners are among the principals."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0008_duplicates"), ("identity", "0006_sharing_and_delegation")]
    operations = [
        migrations.RunSQL(
            r"""
DO $$
DECLARE body text;
BEGIN
    SELECT pg_get_functiondef('records_search(text, text[], jsonb, uuid, uuid[], uuid[], uuid[], bigint, integer)'::regprocedure) INTO body;
    EXECUTE replace(body, 'OR e.owner_id = member AND scopes', 'OR e.owner_id = ANY (principals) AND scopes');
END $$
""",
            migrations.RunSQL.noop,
        ),
    ]
