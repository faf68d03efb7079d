"""Reports that are read by a job, with the figures that are kept."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_sharing_and_delegation"),
        ("records", "0013_validation_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("user_id", models.UUIDField()),
                ("scopes", models.JSONField(null=True)),
                ("via", models.CharField(default="web", max_length=20)),
                ("key", models.CharField(blank=True, max_length=60)),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("definition", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("rights", models.CharField(blank=True, max_length=64)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("stop_wanted", models.BooleanField(default=False)),
                ("error", models.TextField(default="")),
                ("figures", models.JSONField(null=True)),
                ("count", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="identity.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "member", "-created_at"], name="records_reportrun_member")
                ],
            },
        ),
    ]
