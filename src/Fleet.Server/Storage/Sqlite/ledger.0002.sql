-- Outcomes that a till wants to be told, written with the final state itself and kept until somebody took them.
CREATE TABLE outbox (
    event_id      TEXT    NOT NULL PRIMARY KEY,                -- the checkout's: it ends once
    merchant_code TEXT    NOT NULL,
    host          TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    body          TEXT    NOT NULL,                            -- every attempt sends exactly this
    at            INTEGER NOT NULL,                            -- microseconds since 1970, UTC
    state         TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts      INTEGER NOT NULL DEFAULT 0,                  -- begun, and the fence of the one under way
    failures      INTEGER NOT NULL DEFAULT 0,                  -- what came of the others
    next_at       INTEGER NOT NULL,                            -- during an attempt: the end of its lease
    problem       TEXT                                         -- how the last attempt failed
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'waiting';
