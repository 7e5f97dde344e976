-- A checkout that ended without a payment is in doubt when its card may have been charged all the same. It holds its
-- sale, unless another checkout does.
-- Other nodes wait until the index is made, about as long as PostgreSQL needs to read the table twice.
LOCK TABLE checkout IN ACCESS EXCLUSIVE MODE;
ALTER TABLE checkout
    ADD COLUMN in_doubt  boolean NOT NULL DEFAULT false,
    ADD COLUMN sale_held boolean NOT NULL DEFAULT false;

-- Released by an operator, or disputed; after an operator recorded that nothing was charged, a dispute counts when it
-- came later. A text in a body has no bare quotes, so the cheap search finds each of these, and JSON is read of few
-- others.
UPDATE checkout SET in_doubt = true
WHERE single_payment AND reference IS NOT NULL AND state IN ('failed', 'cancelled')
    AND CASE WHEN position('"disputed":true' IN body) > 0 OR position('"released_by_operator"' IN body) > 0
        THEN body::json ->> 'reason' = 'released_by_operator'
            OR (body::json ->> 'disputed' = 'true'
                AND (body::json ->> 'reason' IS DISTINCT FROM 'recorded_by_operator'
                    OR body::json ->> 'updated_at' IS DISTINCT FROM body::json ->> 'ended_at'))
        ELSE false END;

-- Finds them although a merchant that permits repeats may have any number of checkouts of one reference.
CREATE INDEX checkout_in_doubt ON checkout (reference) WHERE in_doubt;

-- The last of each sale.
UPDATE checkout SET sale_held = true WHERE checkout_id IN (
    SELECT DISTINCT ON (reference) checkout_id FROM checkout c
    WHERE in_doubt AND NOT EXISTS (
        SELECT FROM checkout WHERE reference = c.reference AND single_payment
            AND state IN ('accepted', 'started', 'successful'))
    ORDER BY reference, checkout_id DESC
);

DROP INDEX one_payment;
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL
        AND (state IN ('accepted', 'started', 'successful') OR sale_held);
