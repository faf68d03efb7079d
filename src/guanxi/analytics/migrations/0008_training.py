import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import guanxi.core.ids
import guanxi.core.tenancy


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_keeping"), ("identity", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Training",
            fields=[
                (
                    "id",
                    models.UUIDField(default=guanxi.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("tenant_id", models.UUIDField(default=guanxi.core.tenancy.current_tenant_id, editable=False)),
                ("title", models.CharField(max_length=120, verbose_name="Training")),
                ("done_on", models.DateField(verbose_name="Done on")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="identity.membership",
                        verbose_name="Person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "member", "-done_on"], name="analytics_training_member")]
            },
        ),
        migrations.AddField("swotentry", "signal", models.CharField(blank=True, max_length=40, default=""), False),
        migrations.AddField(
            "swotentry",
            "state",
            models.CharField(
                choices=[("shown", "Shown"), ("pinned", "Pinned"), ("hidden", "Hidden")],
                default="shown",
                max_length=8,
                verbose_name="State",
            ),
        ),
        migrations.AlterField("swotentry", "text", models.CharField(blank=True, max_length=300, verbose_name="Text")),
        migrations.AddConstraint(
            "swotentry",
            models.UniqueConstraint(
                condition=models.Q(("signal", ""), _negated=True),
                fields=("tenant_id", "signal"),
                name="analytics_swot_signal_once",
            ),
        ),
    ]
