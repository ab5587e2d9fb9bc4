"""What is published stays as it was published; what is compressed is not compressed again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION policies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a published version of a policy item is never changed'
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER policies_published_stays BEFORE DELETE OR UPDATE OF
                item_id, number, source, digest, links, elements, name, summary, issuer, region_path, kind, delivery,
                effective_from, effective_to, windows, benefit_text, tags, facts, published_at, published_by_name,
                published_event
                ON policies_itemversion
                FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
                EXECUTE FUNCTION policies_refuse_change();
            """,
            reverse_sql="""
            DROP TRIGGER policies_published_stays ON policies_itemversion;
            DROP FUNCTION policies_refuse_change();
            """,
        ),
        # Compressed already: trying again costs most of writing them.
        migrations.RunSQL(
            "ALTER TABLE policies_matchpart ALTER COLUMN planes SET STORAGE EXTERNAL, "
            "ALTER COLUMN amounts SET STORAGE EXTERNAL",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
