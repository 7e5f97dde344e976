-- Where a checkout's events are in the ledger: between these versions of its reader, both included.
ALTER TABLE checkout
    ADD COLUMN first_ver bigint NOT NULL DEFAULT 1,
    ADD COLUMN last_ver  bigint NOT NULL DEFAULT 9223372036854775807,
    ADD COLUMN reference text COLLATE "C"; -- merchant code, slash, the integrator's foreign_transaction_id
CREATE INDEX checkout_reference ON checkout (reference) WHERE reference IS NOT NULL;

-- What a merchant's history lists: each outcome and each refund, in the order of their times.
CREATE TABLE history (
    merchant_code text COLLATE "C" NOT NULL,
    ref           uuid             NOT NULL, -- its time in microseconds, then bits of the id of its object
    kind          text COLLATE "C" NOT NULL CHECK (kind IN ('payment', 'refund')),
    status        text COLLATE "C" NOT NULL CHECK (status IN ('successful', 'failed', 'cancelled', 'refunded')),
    entry_mode    text COLLATE "C",
    code          text COLLATE "C" NOT NULL,
    checkout_id   uuid             NOT NULL,
    changed_at    timestamptz,               -- of a payment: the time of its last refund
    PRIMARY KEY (merchant_code, ref)
);
CREATE INDEX history_code ON history (merchant_code, code);
CREATE INDEX history_changed ON history (merchant_code, changed_at) WHERE changed_at IS NOT NULL;
-- Finds the few refunded payments among millions without reading the others.
CREATE INDEX history_refunded ON history (merchant_code, ref) WHERE status = 'refunded';
