"""What is stored of matches is kept in another form: what there is of it is forgotten, and matched again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0009_interpretations")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM policies_matchpart; DELETE FROM policies_matchbucket", migrations.RunSQL.noop
        )
    ]
