"""What the database itself holds to about money, whichever way a write takes."""

from django.db import migrations

_BUDGETS = """
-- The sums of a budget follow its reservations, a statement at a time; nobody else writes them.
CREATE FUNCTION claims_follow_reservations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE claims_budget AS budget
           SET reserved_fen = reserved_fen + moved.held, spent_fen = spent_fen + moved.spent
          FROM (SELECT budget_id,
                       coalesce(sum(amount_fen) FILTER (WHERE state = 'held'), 0) AS held,
                       coalesce(sum(amount_fen) FILTER (WHERE state = 'spent'), 0) AS spent
                  FROM arrived GROUP BY budget_id) AS moved
         WHERE budget.id = moved.budget_id AND (moved.held <> 0 OR moved.spent <> 0);
    ELSE
        UPDATE claims_budget AS budget
           SET reserved_fen = reserved_fen + moved.held, spent_fen = spent_fen + moved.spent
          FROM (SELECT budget_id, sum(held) AS held, sum(spent) AS spent
                  FROM (SELECT budget_id,
                               CASE WHEN state = 'held' THEN amount_fen ELSE 0 END AS held,
                               CASE WHEN state = 'spent' THEN amount_fen ELSE 0 END AS spent
                          FROM arrived
                        UNION ALL
                        SELECT budget_id,
                               CASE WHEN state = 'held' THEN -amount_fen ELSE 0 END,
                               CASE WHEN state = 'spent' THEN -amount_fen ELSE 0 END
                          FROM gone) AS each_one
                 GROUP BY budget_id) AS moved
         WHERE budget.id = moved.budget_id AND (moved.held <> 0 OR moved.spent <> 0);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER claims_reservations_arrive AFTER INSERT ON claims_reservation
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION claims_follow_reservations();
CREATE TRIGGER claims_reservations_move AFTER UPDATE ON claims_reservation
    REFERENCING OLD TABLE AS gone NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION claims_follow_reservations();

CREATE FUNCTION claims_keep_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.reserved_fen <> 0 OR NEW.spent_fen <> 0 THEN
            RAISE EXCEPTION 'a budget begins with nothing reserved and nothing spent'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    ELSIF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'what is reserved and spent of a budget follows from its reservations'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_budget_begins BEFORE INSERT ON claims_budget
    FOR EACH ROW EXECUTE FUNCTION claims_keep_sums();
CREATE TRIGGER claims_budget_sums BEFORE UPDATE OF reserved_fen, spent_fen ON claims_budget
    FOR EACH ROW WHEN (OLD.reserved_fen <> NEW.reserved_fen OR OLD.spent_fen <> NEW.spent_fen)
    EXECUTE FUNCTION claims_keep_sums();

CREATE FUNCTION claims_reservation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a reservation is released, never deleted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.amount_fen <> OLD.amount_fen OR NEW.budget_id <> OLD.budget_id OR NEW.instalment_id <> OLD.instalment_id
        OR OLD.state = 'released' THEN
        RAISE EXCEPTION 'a reservation changes its state only, and a released one not even that'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_reservation_stays BEFORE UPDATE OR DELETE ON claims_reservation
    FOR EACH ROW EXECUTE FUNCTION claims_reservation_stays();
"""

# Functions that look rows up do without sequential scans: their plans are kept by a connection, and one made while the
# tables were empty would read them whole for each row ever after.
_ORDERS = """
-- An order pays what is reserved for its instalment, to the fen, and nothing that is stopped.
CREATE FUNCTION claims_check_order() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
DECLARE
    held bigint;
    due bigint;
    whose bigint;
BEGIN
    SELECT coalesce(sum(amount_fen), 0) INTO held FROM claims_reservation
     WHERE instalment_id = NEW.instalment_id AND state = 'held';
    SELECT amount_fen, claim_id INTO due, whose FROM claims_instalment
     WHERE id = NEW.instalment_id AND state = 'due';
    IF held IS DISTINCT FROM NEW.amount_fen OR due IS DISTINCT FROM NEW.amount_fen OR whose IS DISTINCT FROM NEW.claim_id THEN
        RAISE EXCEPTION 'order % is not for what is due and reserved', NEW.end_to_end_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_check_order BEFORE INSERT ON claims_paymentorder
    FOR EACH ROW EXECUTE FUNCTION claims_check_order();

CREATE FUNCTION claims_order_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.amount_fen <> OLD.amount_fen OR NEW.claim_id <> OLD.claim_id
        OR NEW.instalment_id <> OLD.instalment_id OR NEW.account_id <> OLD.account_id
        OR NEW.batch_id <> OLD.batch_id OR NEW.end_to_end_id <> OLD.end_to_end_id THEN
        RAISE EXCEPTION 'a payment order changes its state only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_order_stays BEFORE UPDATE OR DELETE ON claims_paymentorder
    FOR EACH ROW EXECUTE FUNCTION claims_order_stays();

CREATE FUNCTION claims_check_sending() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM claims_trip AS trip
         WHERE trip.state = 'open'
           AND (trip.fund_id = NEW.fund_id
                OR EXISTS (SELECT 1 FROM claims_paymentorder AS one JOIN claims_claim AS claim ON claim.id = one.claim_id
                            WHERE one.batch_id = NEW.id AND one.state = 'prepared'
                              AND (claim.id = trip.claim_id OR claim.item_code = trip.item_code)))
    ) THEN
        RAISE EXCEPTION 'batch % holds what the circuit breaker stopped', NEW.message_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_check_sending BEFORE UPDATE OF state ON claims_paymentbatch
    FOR EACH ROW WHEN (NEW.state = 'sending' AND OLD.state = 'checked') EXECUTE FUNCTION claims_check_sending();
"""

_JOURNAL = """
-- The lines of an entry come in one statement and add up to zero. That nothing of the journal is ever changed is a guard
-- of the ledger (APPEND_ONLY).
CREATE FUNCTION claims_check_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM arrived GROUP BY entry_id HAVING sum(amount_fen) <> 0) THEN
        RAISE EXCEPTION 'the lines of a journal entry do not add up to zero'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER claims_lines_balance AFTER INSERT ON claims_journalline
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION claims_check_lines();
"""

_AWARDS = """
-- An award that is reserved is not changed afterwards, but by a reconsideration that raises it: what comes to it is
-- reserved apart, and never beyond the budget.
CREATE FUNCTION claims_award_stays() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
BEGIN
    IF NEW.award_fen > OLD.award_fen AND EXISTS (
            SELECT 1 FROM claims_reconsideration AS again
             WHERE again.claim_id = NEW.id AND again.about = 'amount' AND again.state = 'changed'
               AND again.added_fen = NEW.award_fen - OLD.award_fen AND again.decided_event IS NULL) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT 1 FROM claims_reservation AS kept JOIN claims_instalment AS part ON part.id = kept.instalment_id
                WHERE part.claim_id = NEW.id AND kept.state <> 'released') THEN
        RAISE EXCEPTION 'the award of % is reserved; release it before it changes', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claims_award_stays BEFORE UPDATE OF award_fen ON claims_claim
    FOR EACH ROW WHEN (OLD.award_fen IS DISTINCT FROM NEW.award_fen) EXECUTE FUNCTION claims_award_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("claims", "0001_initial")]

    operations = [
        migrations.RunSQL(_BUDGETS, migrations.RunSQL.noop),
        migrations.RunSQL(_ORDERS, migrations.RunSQL.noop),
        migrations.RunSQL(_JOURNAL, migrations.RunSQL.noop),
        migrations.RunSQL(_AWARDS, migrations.RunSQL.noop),
    ]
