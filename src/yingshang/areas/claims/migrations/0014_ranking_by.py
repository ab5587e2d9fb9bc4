from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0013_payable_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="itemterms",
            name="ranking_by",
            field=models.CharField(default="approver", max_length=10, verbose_name="排序核准"),
        ),
    ]
