-- What happened, in the order of each reader. Rows are added and never changed.
CREATE TABLE ledger (
    reader_id   TEXT    NOT NULL,
    ver         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    checkout_id TEXT    NOT NULL,
    at          INTEGER NOT NULL, -- microseconds since 1970, UTC
    node        TEXT    NOT NULL,
    reason      TEXT,
    claim       TEXT,             -- what a device claimed against the record, as JSON
    PRIMARY KEY (reader_id, ver)
) STRICT, WITHOUT ROWID;

-- Each checkout after its last event.
CREATE TABLE checkout (
    checkout_id TEXT    NOT NULL PRIMARY KEY,
    reader_id   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('accepted', 'started', 'successful', 'failed', 'cancelled')),
    valid_until INTEGER NOT NULL, -- microseconds since 1970, UTC
    body        TEXT    NOT NULL  -- the whole checkout, as JSON
) STRICT, WITHOUT ROWID;

-- The last safeguard: one open checkout per reader, even if the program has a bug.
CREATE UNIQUE INDEX one_open ON checkout (reader_id) WHERE state IN ('accepted', 'started');
CREATE INDEX checkout_due ON checkout (valid_until) WHERE state = 'accepted';

-- Idempotency keys, kept for 24 hours.
CREATE TABLE idempotency (
    merchant_code TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    fingerprint   TEXT    NOT NULL,
    checkout_id   TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    PRIMARY KEY (merchant_code, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (at);
