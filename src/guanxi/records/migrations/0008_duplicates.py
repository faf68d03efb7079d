"""Searches for duplicates, pairs to decide on, and old codes of merged records by index."""

import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0007_uploads_are_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("left_id", models.UUIDField()),
                ("right_id", models.UUIDField()),
                ("score", models.FloatField()),
                ("state", models.CharField(default="open", max_length=10)),
                ("decided_by_id", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DuplicateSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("object", models.CharField(max_length=60)),
                ("member_id", models.UUIDField(null=True)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("records", models.IntegerField(default=0)),
                ("pairs", models.IntegerField(default=0)),
                ("taught", models.IntegerField(default=0)),
                ("least", models.FloatField(default=0.8)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="mergedrecord",
            index=models.Index(fields=["tenant_id", "code"], name="records_merged_code"),
        ),
        migrations.AddIndex(
            model_name="duplicatepair",
            index=models.Index(
                fields=["tenant_id", "object", "state", "-score", "id"], name="records_duplicatepair_score"
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "object", "left_id", "right_id"), name="records_duplicatepair_once"
            ),
        ),
        migrations.AddIndex(
            model_name="duplicatesearch",
            index=models.Index(fields=["tenant_id", "object", "-created_at"], name="records_dupsearch_at"),
        ),
    ]
