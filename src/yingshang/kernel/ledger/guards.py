"""No write without an audit event, held by the database itself.

Every table of ours carries a trigger that notes, once for each transaction, that the transaction wrote. When it
commits, a deferred constraint looks for an event of the same transaction and refuses the commit if there is none.
So it does not matter which way a write takes: an action, a management command, a job, or a query typed by hand under
the platform's own database role.

A table is exempt only by name and with a reason, in `EXEMPT`.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

EXEMPT: dict[str, str] = {
    "ledger_auditevent": "it is the record itself, and can only be added to",
    "ledger_leaf": "follows from the events; can only be added to, and the audit of the log rereads it",
    "ledger_node": "follows from the leaves; can only be added to",
    "ledger_checkpoint": "signed, and can only be added to; an event for each would never let the log come to rest",
    "ledger_cosignature": "signed by others, and can only be added to; events of it would need cosigning in turn",
    "access_personaldataview": "it is a record itself (who saw what), and can only be added to",
    "jobs_jobprogress": "how far a job has come; the job's own action is audited",
    "api_idempotentrequest": "answers kept for a day so that a repeated request is not carried out twice",
    "api_ratelimit": "how much of an allowance is used up; whole again within the hour",
    "notices_delivery": "how far a message has come with its channel; sending and reading it are audited",
    "notices_gatewayreport": "signed requests of gateways, kept for a month so that none is taken in twice",
    "yingshang_forms_formdraft": "what somebody is still typing, saved every second or so; submitting it is audited",
    "parties_snapshotpart": "derived from portraits and disposable",
    "contracts_regionduecell": "derived from the cells of units, whose changes have their event",
    "policies_documentreading": "how far the reading of a document has come, and what was read, derived from its text",
    "policies_matchbucket": "how far matching has come; derived, and a run leaves one event",
    "policies_policyclick": "that a link of the platform was followed, once an enterprise and item; no person in it",
    "policies_itemfigure": "counts of a day, read off the stored matches",
    "claims_channelposition": "how far the answers of a bank were read; each answer taken in is audited",
    "policies_matchpart": "who is entitled to what, derived from portraits and published items; likewise",
}
"""Tables of ours without a guard, each with its reason."""

EXEMPT_APPS: dict[str, str] = {
    "axes": "counts failed log-ins for the lockout",
    "contenttypes": "written by migrations only",
    "auth": "written by migrations only; roles are the platform's own",
    "procrastinate": "the queue keeps its own events for each job",
    "sessions": "who is logged in; logging in and out is audited",
    "usersessions": "where a user is logged in, beside the sessions",
}

EXEMPT_TABLES_ELSEWHERE: dict[str, str] = {
    "oauth2_provider_accesstoken": "short-lived tokens; the request that uses one is audited when it writes",
    "oauth2_provider_refreshtoken": "short-lived tokens",
    "oauth2_provider_grant": "short-lived tokens",
    "oauth2_provider_idtoken": "short-lived tokens",
    "oauth2_provider_devicegrant": "short-lived tokens",
}

APPEND_ONLY = (
    "ledger_auditevent",
    "ledger_leaf",
    "ledger_node",
    "ledger_logkey",
    "ledger_checkpoint",
    "ledger_cosignature",
    "access_personaldataview",
    "claims_journalentry",
    "claims_journalline",
    "claims_scoresheet",
)

_FUNCTIONS = """
CREATE TABLE IF NOT EXISTS ledger_unaudited (transaction bigint NOT NULL, written text NOT NULL);

CREATE OR REPLACE FUNCTION ledger_note_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('yingshang.noted', true), '');
    this text := pg_current_xact_id()::text;
BEGIN
    -- The setting is local to the transaction, but a pooled connection keeps an empty one: hence the number in it.
    IF noted <> this THEN
        INSERT INTO ledger_unaudited VALUES (this::bigint, TG_TABLE_NAME);
        PERFORM set_config('yingshang.noted', this, true);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_require_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM ledger_unaudited WHERE transaction = NEW.transaction;
    PERFORM set_config('yingshang.noted', '', true);
    -- A restored database counts transactions from the start again: the time tells an old event from this one's.
    IF NOT EXISTS (
        SELECT 1 FROM ledger_auditevent WHERE transaction = NEW.transaction AND recorded_at >= transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'write to % without an audit event', NEW.written
            USING ERRCODE = 'integrity_constraint_violation',
                  HINT = 'call ledger.api.record in the same transaction';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% can only be added to', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER IF EXISTS ledger_require_event ON ledger_unaudited;
CREATE CONSTRAINT TRIGGER ledger_require_event AFTER INSERT ON ledger_unaudited
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_event();
"""


def guarded_tables() -> list[str]:
    """Every managed table that must carry a guard, sorted."""
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in EXEMPT_APPS
    }
    return sorted(tables - set(EXEMPT) - set(EXEMPT_TABLES_ELSEWHERE))


def install_guards(using: str = "default") -> None:
    """Create or renew every guard. Safe to repeat."""
    with connections[using].cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        existing = set(connections[using].introspection.table_names(cursor))
        for table in guarded_tables():
            if table in existing:
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER ledger_guard AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
                    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_write()"
                )
        for table in APPEND_ONLY:
            if table in existing:
                cursor.execute(
                    f'CREATE OR REPLACE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON "{table}" '
                    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
                )


def guard_truncation(using: str = "default") -> None:
    """Have TRUNCATE, which the other triggers do not notice, count as a write, or be refused. Safe to repeat.

    Apart from the others since tests empty their tables by it.
    """
    with connections[using].cursor() as cursor:
        for table in guarded_tables():
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER ledger_truncation AFTER TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_write()"
            )
        for table in APPEND_ONLY:
            cursor.execute(
                f'CREATE OR REPLACE TRIGGER ledger_truncation BEFORE TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
            )


def missing_guards(using: str = "default") -> list[str]:
    """Tables that should carry an enabled guard and do not. Empty when all is well."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'ledger_guard' AND tgenabled = 'O'"
        )
        guarded = {row[0].strip('"') for row in cursor.fetchall()}
    return [table for table in guarded_tables() if table not in guarded]


def install_after_migrate(*, app_config: Any, using: str, **_: Any) -> None:
    """After the last app of a `migrate`: the tables may be new."""
    if app_config.label == _last_label():
        install_guards(using)
        guard_truncation(using)


def _last_label() -> str:
    return [config.label for config in apps.get_app_configs() if config.models_module][-1]
