-- Counts and sums of payments and refunds, changed in the transaction of each event. SQLite has one node, so one slot.
CREATE TABLE total (
    merchant_code TEXT    NOT NULL,
    day           TEXT    NOT NULL, -- of UTC, like 2026-11-28
    store         TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    slot          INTEGER NOT NULL,
    count         INTEGER NOT NULL,
    amount        INTEGER NOT NULL, -- minor units, without tips
    tips          INTEGER NOT NULL, -- minor units
    PRIMARY KEY (merchant_code, day, store, currency, kind, slot)
) STRICT, WITHOUT ROWID;

-- When the totals of a merchant were last compared with the ledger, and how often.
CREATE TABLE total_comparison (
    merchant_code TEXT    NOT NULL PRIMARY KEY,
    seq           INTEGER NOT NULL,
    at            INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT, WITHOUT ROWID;
