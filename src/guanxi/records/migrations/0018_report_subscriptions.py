"""Reports that come by mail on a schedule."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy

KEY = ("id", models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False))
TENANT = ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False))


def link(to: str, related_name: str = "+") -> models.ForeignKey:
    """A link that goes with what it leads to."""
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0006_sharing_and_delegation"),
        ("records", "0017_texts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportSubscription",
            fields=[
                KEY,
                TENANT,
                ("kind", models.CharField(default="report", max_length=10)),
                ("key", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=120, verbose_name="Name")),
                ("given", models.JSONField(default=dict)),
                ("forms", models.JSONField(default=list)),
                ("rhythm", models.CharField(max_length=10, verbose_name="How often")),
                ("day", models.SmallIntegerField(default=1)),
                ("at", models.TimeField(verbose_name="Time")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Note")),
                ("is_active", models.BooleanField(default=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("owner", link("identity.membership")),
            ],
        ),
        migrations.CreateModel(
            name="SubscriptionRecipient",
            fields=[
                KEY,
                TENANT,
                ("next_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("member", link("identity.membership")),
                ("subscription", link("records.reportsubscription", "recipients")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "subscription", "member"), name="records_subscriber_once"
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stopped_at", None)),
                        fields=["tenant_id", "next_at"],
                        name="records_subscriber_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportDelivery",
            fields=[
                KEY,
                TENANT,
                ("due_at", models.DateTimeField()),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("error", models.TextField(default="")),
                ("message_id", models.UUIDField(null=True)),
                ("file_ids", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("member", link("identity.membership")),
                ("subscription", link("records.reportsubscription")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "subscription", "member", "due_at"), name="records_delivery_once"
                    )
                ]
            },
        ),
    ]
