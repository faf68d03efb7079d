"""Imports: what becomes of the columns of a file, which rows are stored, which were refused."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_change_batch"),
        ("records", "0004_operations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("name", models.CharField(default="", max_length=255)),
                ("sha256", models.CharField(default="", max_length=64)),
                ("via", models.CharField(default="web", max_length=20)),
                ("heads", models.CharField(default="", max_length=64)),
                ("mapping", models.JSONField(default=list)),
                ("options", models.JSONField(default=dict)),
                ("status", models.CharField(default="uploaded", max_length=20)),
                ("stop_wanted", models.BooleanField(default=False)),
                ("error", models.TextField(default="")),
                ("size", models.IntegerField(default=1000)),
                ("total", models.IntegerField(default=0)),
                ("read", models.IntegerField(default=0)),
                ("created", models.IntegerField(default=0)),
                ("updated", models.IntegerField(default=0)),
                ("unchanged", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("followed", models.UUIDField(null=True)),
                ("followed_at", models.DateTimeField(null=True)),
                ("undo_position", models.UUIDField(null=True)),
                ("undone", models.IntegerField(default=0)),
                ("kept", models.IntegerField(default=0)),
                ("member_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.storedfile"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("first", models.IntegerField()),
                ("read", models.IntegerField(default=0)),
                ("created", models.IntegerField(default=0)),
                ("updated", models.IntegerField(default=0)),
                ("unchanged", models.IntegerField(default=0)),
                ("skipped", models.IntegerField(default=0)),
                ("refused", models.IntegerField(default=0)),
                (
                    "of",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="records.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("number", models.IntegerField(default=0)),
                ("cells", models.JSONField(default=list)),
                ("reason", models.TextField(default="")),
                ("record_id", models.UUIDField(null=True)),
                (
                    "of",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="records.import",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["tenant_id", "object", "-created_at"], name="records_import_at"),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["tenant_id", "object", "heads"], name="records_import_heads"),
        ),
        migrations.AddConstraint(
            model_name="importchunk",
            constraint=models.UniqueConstraint(fields=("tenant_id", "of", "first"), name="records_importchunk_once"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["tenant_id", "of", "number", "id"], name="records_importrow_of"),
        ),
    ]
