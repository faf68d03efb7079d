"""Why background jobs failed."""

import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [("core", "0002_history_and_cache")]
    operations = [
        migrations.CreateModel(
            name="JobFailure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("job_id", models.BigIntegerField()),
                ("error", models.TextField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "job_id"), name="core_jobfailure_once")],
            },
        ),
    ]
