-- Other nodes can read, and their payments wait until the index is made. The lock is taken first, so that no node holds
-- a lock that is needed here later.
LOCK TABLE checkout IN SHARE ROW EXCLUSIVE MODE;

-- References that were paid several times before are left as they are: of each reference the index has the paid
-- checkout, the last one of several, or else the open one.
UPDATE checkout SET single_payment = false WHERE single_payment AND checkout_id IN (
    SELECT checkout_id FROM (
        SELECT checkout_id, row_number() OVER (
            PARTITION BY reference ORDER BY state = 'successful' DESC, checkout_id DESC) AS place
        FROM checkout
        WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful')
    ) AS held WHERE place > 1
);

-- The last safeguard against charging one sale twice, even if the program has a bug.
CREATE UNIQUE INDEX one_payment ON checkout (reference)
    WHERE single_payment AND reference IS NOT NULL AND state IN ('accepted', 'started', 'successful');
