-- Whether the reference of a checkout may be paid once only. Older rows get it by the default, which is fast for any
-- number of rows; all newer rows are written with it.
ALTER TABLE checkout ADD COLUMN single_payment INTEGER NOT NULL DEFAULT 1;

-- References that were paid several times before are left as they are: of each reference the index has the paid
-- checkout, the last one of several, or else the open one.
UPDATE checkout SET single_payment = 0 WHERE checkout_id IN (
    SELECT checkout_id FROM (
        SELECT checkout_id, row_number() OVER (
            PARTITION BY reference ORDER BY state = 'successful' DESC, checkout_id DESC) AS place
        FROM checkout WHERE reference IS NOT NULL AND state IN ('accepted', 'started', 'successful')
    ) WHERE place > 1
);

-- The last safeguard against charging one sale twice, even if the program has a bug.
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful');
