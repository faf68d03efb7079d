"""What a company demands of its records, and how their fields are arranged."""

import django.db.models.deletion
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_sharing_and_delegation"),
        ("records", "0014_report_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicateRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("matches", models.JSONField(default=list)),
                ("action", models.CharField(default="warn", max_length=8)),
                ("is_active", models.BooleanField(default=True)),
                ("is_ready", models.BooleanField(default=False)),
                ("changed_in", models.BigIntegerField(default=0)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "object", "name"], name="records_duprule_object")],
            },
        ),
        migrations.CreateModel(
            name="FieldRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("effect", models.CharField(max_length=12)),
                ("fields", models.JSONField(default=list)),
                ("criteria", models.JSONField(default=dict)),
                ("is_active", models.BooleanField(default=True)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "object", "name"], name="records_fieldrule_object")],
            },
        ),
        migrations.CreateModel(
            name="StageGate",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("field", models.CharField(max_length=80)),
                ("value", models.CharField(max_length=80)),
                ("needs", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "object", "field", "value"), name="records_gate_value")
                ],
            },
        ),
        migrations.CreateModel(
            name="Layout",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("tabs", models.JSONField(default=list)),
                ("quick", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="identity.role",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "object", "role"), name="records_layout_role"),
                    models.UniqueConstraint(
                        condition=models.Q(("role", None)), fields=("tenant_id", "object"), name="records_layout_all"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchKey",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("record_id", models.UUIDField()),
                ("key", models.CharField(max_length=40)),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.duplicaterule"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "rule", "key"], name="records_matchkey_key"),
                    models.Index(fields=["tenant_id", "record_id"], name="records_matchkey_record"),
                ],
            },
        ),
    ]
