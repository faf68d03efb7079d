from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_search"),
    ]

    operations = [
        migrations.AddField(model_name="customfield", name="version", field=models.IntegerField(default=1)),
        migrations.AddField(model_name="customfield", name="deleted_at", field=models.DateTimeField(null=True)),
    ]
