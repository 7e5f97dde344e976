-- Whether a checkout that ended without a payment holds its sale, because its card may have been charged all the same.
ALTER TABLE checkout ADD COLUMN sale_held INTEGER NOT NULL DEFAULT 0;

-- Of each sale that no open or paid checkout holds, the last one in doubt: released by an operator, or disputed. After
-- an operator recorded that nothing was charged, a dispute counts when it came later. A text in a body has no bare
-- quotes, so the cheap search finds each of these, and JSON is read of few others.
UPDATE checkout SET sale_held = 1 WHERE checkout_id IN (
    SELECT max(checkout_id) FROM checkout c
    WHERE single_payment AND reference IS NOT NULL AND state IN ('failed', 'cancelled')
        AND CASE WHEN instr(body, '"disputed":true') > 0 OR instr(body, '"released_by_operator"') > 0
            THEN json_extract(body, '$.reason') = 'released_by_operator'
                OR (json_extract(body, '$.disputed')
                    AND (json_extract(body, '$.reason') IS NOT 'recorded_by_operator'
                        OR json_extract(body, '$.updated_at') IS NOT json_extract(body, '$.ended_at')))
            ELSE 0 END
        AND NOT EXISTS (
            SELECT 1 FROM checkout WHERE reference = c.reference AND single_payment
                AND state IN ('accepted', 'started', 'successful'))
    GROUP BY reference
);

DROP INDEX one_payment;
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL
        AND (state IN ('accepted', 'started', 'successful') OR sale_held);
