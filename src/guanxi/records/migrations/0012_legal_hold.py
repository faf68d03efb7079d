"""Records that must be kept because of the law."""

import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [("records", "0011_list_options"), ("records", "0011_own_objects")]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("record_id", models.UUIDField()),
                ("reason", models.CharField(max_length=300, verbose_name="Reason")),
                ("placed_by_id", models.UUIDField(null=True)),
                ("placed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_by_id", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant_id", "record_id"),
                        name="records_hold_once",
                    )
                ],
            },
        ),
    ]
