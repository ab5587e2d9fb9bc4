"""What was filled into the form of a step is kept with its version, and the database refuses to change it."""

import django.db.models.deletion
import yingshang.kernel.access.personal_data
from django.db import migrations, models


KEEP = """
CREATE OR REPLACE FUNCTION flow_keep_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was filled in at the task % stays as it was written', OLD.task_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER IF EXISTS flow_keep_answers ON flow_formanswers;
CREATE TRIGGER flow_keep_answers BEFORE UPDATE OR DELETE ON flow_formanswers
    FOR EACH ROW EXECUTE FUNCTION flow_keep_answers();
"""

DROP = """
DROP TRIGGER IF EXISTS flow_keep_answers ON flow_formanswers;
DROP FUNCTION IF EXISTS flow_keep_answers();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("flow", "0003_published_versions_stay"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormAnswers",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="answers",
                        serialize=False,
                        to="flow.task",
                    ),
                ),
                ("form", models.CharField(max_length=60, verbose_name="表单")),
                ("version", models.PositiveIntegerField(verbose_name="版本")),
                ("values", yingshang.kernel.access.personal_data.EncryptedTextField()),
                ("documents", models.JSONField(default=list)),
                ("digest", models.CharField(max_length=64, verbose_name="内容摘要")),
                ("given_at", models.DateTimeField(verbose_name="填写时间")),
                ("given_by_name", models.CharField(max_length=120)),
            ],
        ),
        migrations.RunSQL(KEEP, DROP),
    ]
