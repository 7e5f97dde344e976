-- Whether the reference of a checkout may be paid once only. Rows from before get it by the default, which costs nothing
-- however many there are; all others are written with it.
ALTER TABLE checkout ADD COLUMN single_payment INTEGER NOT NULL DEFAULT 1;

-- What was paid several times before stays as it is: of each reference the paid checkout counts, the last one of
-- several, or else the open one.
UPDATE checkout SET single_payment = 0 WHERE checkout_id IN (
    SELECT checkout_id FROM (
        SELECT checkout_id, row_number() OVER (
            PARTITION BY reference ORDER BY state = 'successful' DESC, checkout_id DESC) AS place
        FROM checkout WHERE reference IS NOT NULL AND state IN ('accepted', 'started', 'successful')
    ) WHERE place > 1
);

-- The last line against charging one sale twice, whatever the program above believes.
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful');
