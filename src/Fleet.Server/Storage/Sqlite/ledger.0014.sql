-- What removed payments and refunds counted, so that totals can be compared with the ledger after a removal.
CREATE TABLE removed_total (
    merchant_code TEXT    NOT NULL,
    day           TEXT    NOT NULL, -- of UTC, like 2026-11-28
    store         TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    count         INTEGER NOT NULL,
    amount        INTEGER NOT NULL, -- minor units, without tips
    tips          INTEGER NOT NULL, -- minor units
    PRIMARY KEY (merchant_code, day, store, currency, kind)
) STRICT, WITHOUT ROWID;

-- The last run of the retention of each kind.
CREATE TABLE retention_run (
    kind     TEXT    NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL, -- microseconds since 1970, UTC
    node     TEXT    NOT NULL,
    exported INTEGER NOT NULL, -- rows
    removed  INTEGER NOT NULL, -- rows
    problem  TEXT              -- why it failed; null when it did not
) STRICT, WITHOUT ROWID;

-- The last row of a chain of the audit that was exported and removed: the rest of the chain follows it.
CREATE TABLE audit_anchor (
    chain TEXT    NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    hash  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
