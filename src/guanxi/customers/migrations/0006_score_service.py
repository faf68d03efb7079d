from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_score_churn_reasons")]

    operations = [
        migrations.AddField(
            model_name="score",
            name="service",
            field=models.CharField(
                blank=True,
                choices=[
                    ("priority", "Priority"),
                    ("preferred", "Preferred"),
                    ("standard", "Standard"),
                    ("basic", "Basic"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="Service level",
            ),
        ),
    ]
