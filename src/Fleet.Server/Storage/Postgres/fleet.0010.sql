-- Other nodes go on reading, and their payments wait until the index is made: from the beginning, so that none of them
-- holds what is asked for later here.
LOCK TABLE checkout IN SHARE ROW EXCLUSIVE MODE;

-- What was paid several times before stays as it is: of each reference the paid checkout counts, the last one of
-- several, or else the open one.
UPDATE checkout SET single_payment = false WHERE single_payment AND checkout_id IN (
    SELECT checkout_id FROM (
        SELECT checkout_id, row_number() OVER (
            PARTITION BY reference ORDER BY state = 'successful' DESC, checkout_id DESC) AS place
        FROM checkout
        WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful')
    ) AS held WHERE place > 1
);

-- The last line against charging one sale twice, whatever the program above believes.
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful');
