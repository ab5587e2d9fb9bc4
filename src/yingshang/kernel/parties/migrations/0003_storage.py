"""How the large columns are kept: they are written a million at a time, and compressing them cost most of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_facts_by_record")]

    operations = [
        migrations.AlterField(
            model_name="factrecord",
            name="party",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="records",
                to="parties.party",
            ),
        ),
        migrations.AlterField(
            model_name="party",
            name="region",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parties",
                to="parties.region",
            ),
        ),
        # Records are read whole, party by party: kept in the row as long as they fit.
        migrations.RunSQL(
            "ALTER TABLE parties_factrecord SET (toast_tuple_target = 8160)",
            reverse_sql="ALTER TABLE parties_factrecord RESET (toast_tuple_target)",
        ),
        # Portraits are counted and searched by their other columns: the values are kept aside, as they are.
        migrations.RunSQL(
            "ALTER TABLE parties_portrait ALTER COLUMN values SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE parties_portrait ALTER COLUMN values SET STORAGE EXTENDED",
        ),
    ]
