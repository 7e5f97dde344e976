-- Counts and sums of payments and refunds, changed in the transaction of each event. The rows of a total are summed up:
-- each node changes those of one slot, so that nodes do not wait for each other.
CREATE TABLE total (
    merchant_code text COLLATE "C" NOT NULL,
    day           text COLLATE "C" NOT NULL, -- of UTC, like 2026-11-28
    store         text COLLATE "C" NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    slot          integer          NOT NULL,
    count         bigint           NOT NULL,
    amount        bigint           NOT NULL, -- minor units, without tips
    tips          bigint           NOT NULL, -- minor units
    PRIMARY KEY (merchant_code, day, store, currency, kind, slot)
) WITH (fillfactor = 50); -- a row is changed often, and its next version fits beside it

-- When the totals of a merchant were last compared with the ledger, and how often.
CREATE TABLE total_comparison (
    merchant_code text COLLATE "C" NOT NULL PRIMARY KEY,
    seq           bigint           NOT NULL,
    at            timestamptz      NOT NULL
);
