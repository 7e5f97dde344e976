-- What happened, in the order of each reader. Rows are added and never changed.
CREATE TABLE ledger (
    reader_id   text COLLATE "C" NOT NULL,
    ver         bigint           NOT NULL,
    kind        text             NOT NULL,
    checkout_id uuid             NOT NULL,
    at          timestamptz      NOT NULL,
    node        text             NOT NULL,
    reason      text,
    claim       text, -- what a device claimed against the record, as JSON
    PRIMARY KEY (reader_id, ver)
);

-- Each checkout after its last event.
CREATE TABLE checkout (
    checkout_id uuid             NOT NULL PRIMARY KEY,
    reader_id   text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL
        CHECK (state IN ('accepted', 'started', 'successful', 'failed', 'cancelled')),
    valid_until timestamptz      NOT NULL,
    body        text             NOT NULL -- the whole checkout, as JSON
);

-- The last safeguard: one open checkout per reader, even if the program has a bug.
CREATE UNIQUE INDEX one_open ON checkout (reader_id) WHERE state IN ('accepted', 'started');
CREATE INDEX checkout_due ON checkout (valid_until) WHERE state = 'accepted';

-- Idempotency keys, kept for 24 hours.
CREATE TABLE idempotency (
    merchant_code text COLLATE "C" NOT NULL,
    key           text COLLATE "C" NOT NULL,
    fingerprint   text             NOT NULL,
    checkout_id   uuid             NOT NULL,
    at            timestamptz      NOT NULL,
    PRIMARY KEY (merchant_code, key)
);
CREATE INDEX idempotency_age ON idempotency (at);

-- Aborts a transaction that would save only a part of what was requested: nothing of its group is saved, and the writer
-- tries smaller groups.
CREATE FUNCTION refuse_append(code text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an append is neither whole nor absent' USING ERRCODE = code;
END $$;
