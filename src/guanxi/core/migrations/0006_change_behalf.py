"""History remembers on whose behalf a change was made: of an absent colleague, or of the person as whom an administrator signed in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_take_codes")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE core_change ADD COLUMN behalf_id uuid",
            "ALTER TABLE core_change DROP COLUMN behalf_id",
            state_operations=[migrations.AddField("change", "behalf_id", models.UUIDField(null=True))],
        )
    ]
