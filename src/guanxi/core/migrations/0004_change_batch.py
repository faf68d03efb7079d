"""History remembers the operation that a change was part of, so that the operation can be listed and undone."""

from django.db import migrations, models

ADD = "ALTER TABLE core_change ADD COLUMN batch_id uuid"
INDEX = "CREATE INDEX core_change_batch ON core_change (tenant_id, batch_id, record_id) WHERE batch_id IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_job_failures")]
    operations = [
        migrations.RunSQL(
            [ADD, INDEX],
            "ALTER TABLE core_change DROP COLUMN batch_id",
            state_operations=[migrations.AddField("change", "batch_id", models.UUIDField(null=True))],
        )
    ]
