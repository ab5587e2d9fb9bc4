"""A published version is what cases were promised: the database refuses to change or remove it."""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION flow_keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % of flow definition % is published and stays as it is', OLD.number, OLD.definition_id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER IF EXISTS flow_keep_published ON flow_definitionversion;
CREATE TRIGGER flow_keep_published BEFORE UPDATE OR DELETE ON flow_definitionversion
    FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION flow_keep_published();
"""

DROP = """
DROP TRIGGER IF EXISTS flow_keep_published ON flow_definitionversion;
DROP FUNCTION IF EXISTS flow_keep_published();
"""


class Migration(migrations.Migration):
    dependencies = [("flow", "0002_separation_of_duties")]

    operations = [migrations.RunSQL(CREATE, DROP)]
