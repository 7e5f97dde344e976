-- Where a checkout's events are in the ledger: between these versions of its reader, both included.
ALTER TABLE checkout ADD COLUMN first_ver INTEGER NOT NULL DEFAULT 1;
ALTER TABLE checkout ADD COLUMN last_ver INTEGER NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE checkout ADD COLUMN reference TEXT; -- merchant code, slash, the integrator's foreign_transaction_id
CREATE INDEX checkout_reference ON checkout (reference) WHERE reference IS NOT NULL;

-- What a merchant's history lists: each outcome and each refund, in the order of their times.
CREATE TABLE history (
    merchant_code TEXT NOT NULL,
    ref           TEXT NOT NULL, -- a UUID: its time in microseconds, then bits of the id of its object
    kind          TEXT NOT NULL CHECK (kind IN ('payment', 'refund')),
    status        TEXT NOT NULL CHECK (status IN ('successful', 'failed', 'cancelled', 'refunded')),
    entry_mode    TEXT,
    code          TEXT NOT NULL,
    checkout_id   TEXT NOT NULL,
    changed_at    INTEGER,       -- of a payment: the time of its last refund, in microseconds since 1970
    PRIMARY KEY (merchant_code, ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_code ON history (merchant_code, code);
CREATE INDEX history_changed ON history (merchant_code, changed_at) WHERE changed_at IS NOT NULL;
-- Finds the few refunded payments among millions without reading the others.
CREATE INDEX history_refunded ON history (merchant_code, ref) WHERE status = 'refunded';
