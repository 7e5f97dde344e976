-- Outcomes to report to tills, written in the transaction of the final state and kept until a receiver accepted them.
CREATE TABLE outbox (
    event_id      TEXT    NOT NULL PRIMARY KEY,                -- the id of the checkout, which ends once
    merchant_code TEXT    NOT NULL,
    host          TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    body          TEXT    NOT NULL,                            -- every attempt sends exactly these bytes
    at            INTEGER NOT NULL,                            -- microseconds since 1970, UTC
    state         TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    -- begun; the number of the running one, by which an older one is refused
    attempts      INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,                  -- attempts that failed
    next_at       INTEGER NOT NULL,                            -- during an attempt: the end of its lease
    problem       TEXT                                         -- why the last attempt failed
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
