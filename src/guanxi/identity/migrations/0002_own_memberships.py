"""A signed-in person may read the own memberships of all tenants before one is chosen: the switcher."""

from django.db import migrations

OWN = """CREATE POLICY own ON identity_membership FOR SELECT
USING (user_id = nullif(current_setting('app.user', true), '')::uuid)"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [
        migrations.RunSQL(OWN, "DROP POLICY own ON identity_membership"),
        migrations.RunSQL(
            "CREATE INDEX identity_membership_user ON identity_membership (user_id)",
            "DROP INDEX identity_membership_user",
        ),
    ]
