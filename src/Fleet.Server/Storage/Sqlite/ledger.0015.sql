-- A checkout that ended without a payment is in doubt when its card may have been charged all the same. It holds its
-- sale, unless another checkout does.
ALTER TABLE checkout ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkout ADD COLUMN sale_held INTEGER NOT NULL DEFAULT 0;

-- Released by an operator, or disputed; after an operator recorded that nothing was charged, a dispute counts when it
-- came later. A text in a body has no bare quotes, so the cheap search finds each of these, and JSON is read of few
-- others.
UPDATE checkout SET in_doubt = 1
WHERE single_payment AND reference IS NOT NULL AND state IN ('failed', 'cancelled')
    AND CASE WHEN instr(body, '"disputed":true') > 0 OR instr(body, '"released_by_operator"') > 0
        THEN json_extract(body, '$.reason') = 'released_by_operator'
            OR (json_extract(body, '$.disputed')
                AND (json_extract(body, '$.reason') IS NOT 'recorded_by_operator'
                    OR json_extract(body, '$.updated_at') IS NOT json_extract(body, '$.ended_at')))
        ELSE 0 END;

-- Finds them although a merchant that permits repeats may have any number of checkouts of one reference.
CREATE INDEX checkout_in_doubt ON checkout (reference) WHERE in_doubt;

-- The last of each sale.
UPDATE checkout SET sale_held = 1 WHERE checkout_id IN (
    SELECT max(checkout_id) FROM checkout c
    WHERE in_doubt AND NOT EXISTS (
        SELECT 1 FROM checkout WHERE reference = c.reference AND single_payment
            AND state IN ('accepted', 'started', 'successful'))
    GROUP BY reference
);

DROP INDEX one_payment;
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL
        AND (state IN ('accepted', 'started', 'successful') OR sale_held);
