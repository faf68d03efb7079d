import django.contrib.postgres.fields
from django.db import migrations, models

BASES = [
    ("behaviour", "Behaviour"),
    ("value", "Value"),
    ("needs", "Needs"),
    ("demographics", "Demographics"),
]
METHODS = [
    ("auto", "By the features: k-medoids where categories count, else k-means"),
    ("k-means", "k-means (averages)"),
    ("k-medoids", "k-medoids (typical customers)"),
]


class Migration(migrations.Migration):
    dependencies = [("analytics", "0011_uplift")]

    operations = [
        migrations.RemoveConstraint(model_name="clustering", name="analytics_clustering_used"),
        migrations.AddField(
            model_name="clustering",
            name="basis",
            field=models.CharField(choices=BASES, db_default="behaviour", default="behaviour", max_length=12),
        ),
        migrations.AddField(model_name="clustering", name="moved", field=models.FloatField(null=True)),
        migrations.AlterField(
            model_name="clustering",
            name="features",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), size=None),
        ),
        migrations.AddConstraint(
            model_name="clustering",
            constraint=models.UniqueConstraint(
                condition=models.Q(("in_use", True)), fields=("tenant_id", "basis"), name="analytics_clustering_used"
            ),
        ),
        migrations.AddField(model_name="cluster", name="marks", field=models.JSONField(default=list)),
        migrations.AddField(
            model_name="settings",
            name="grouping",
            field=models.CharField(
                choices=METHODS, db_default="auto", default="auto", max_length=10, verbose_name="How groups are found"
            ),
        ),
        migrations.AddField(
            model_name="settings",
            name="group_bases",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=BASES, max_length=12),
                blank=True,
                default=list,
                size=None,
                verbose_name="Customers are grouped by",
            ),
        ),
    ]
