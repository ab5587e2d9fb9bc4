"""Who took one step of a case may not take another that is to be apart from it: the database refuses it, too."""

from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION flow_separate_duties() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_by NOT LIKE 'system:%' AND EXISTS (
        SELECT 1 FROM flow_task
        WHERE case_id = NEW.case_id AND id <> NEW.id AND kind = 'step' AND state = 'done'
          AND ended_by = NEW.ended_by
          -- Who only sent it back has not taken the step.
          AND outcome <> ':sent_back' AND NEW.outcome <> ':sent_back'
          AND step = ANY (NEW.apart_from)
    ) THEN
        RAISE EXCEPTION '% took another step of this case that must be done by somebody else', NEW.ended_by
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS flow_separate_duties ON flow_task;
CREATE TRIGGER flow_separate_duties AFTER INSERT OR UPDATE OF state, ended_by ON flow_task
    FOR EACH ROW WHEN (NEW.state = 'done' AND NEW.kind = 'step') EXECUTE FUNCTION flow_separate_duties();
"""

DROP = """
DROP TRIGGER IF EXISTS flow_separate_duties ON flow_task;
DROP FUNCTION IF EXISTS flow_separate_duties();
"""


class Migration(migrations.Migration):
    dependencies = [("flow", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
