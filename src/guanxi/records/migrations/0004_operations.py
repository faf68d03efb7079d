"""Operations on many records, what they left, what a merge moved."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0003_customfield_removed"),
    ]

    operations = [
        migrations.CreateModel(
            name="Operation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("action", models.CharField(max_length=20)),
                ("object", models.CharField(max_length=60)),
                ("member_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("scopes", models.JSONField(null=True)),
                ("via", models.CharField(default="web", max_length=20)),
                ("params", models.JSONField(default=dict)),
                ("selection", models.JSONField(default=dict)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("stop_wanted", models.BooleanField(default=False)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("position", models.UUIDField(null=True)),
                ("undoes", models.UUIDField(null=True)),
                ("undone_by", models.UUIDField(null=True)),
                ("error", models.TextField(default="")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "-created_at", "-id"], name="records_operation_at"),
                    models.Index(fields=["tenant_id", "member_id", "-created_at"], name="records_operation_member"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergePart",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("part", models.CharField(max_length=120)),
                ("moved", models.JSONField(default=list)),
                (
                    "operation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="records.operation"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MergedRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("record_id", models.UUIDField()),
                ("survivor_id", models.UUIDField()),
                ("code", models.CharField(blank=True, max_length=40)),
                ("name", models.TextField(blank=True)),
                (
                    "operation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.operation"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "survivor_id"], name="records_merged_survivor")],
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "record_id"), name="records_merged_once")],
            },
        ),
        migrations.CreateModel(
            name="OperationItem",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("record_id", models.UUIDField()),
                ("object", models.CharField(max_length=60)),
                ("reason", models.TextField(default="")),
                (
                    "operation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="records.operation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "operation", "record_id"), name="records_operationitem_once"
                    )
                ],
            },
        ),
    ]
