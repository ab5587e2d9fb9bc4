from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0010_assessing"),
    ]

    operations = [
        migrations.AddField(
            model_name="repayment",
            name="recorded_by",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="recovery",
            name="rate_code",
            field=models.CharField(blank=True, max_length=20, verbose_name="利率"),
        ),
    ]
