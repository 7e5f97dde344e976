-- Outcomes that a till wants to be told, written with the final state itself and kept until somebody took them.
CREATE TABLE outbox (
    event_id      uuid             NOT NULL PRIMARY KEY, -- the checkout's: it ends once
    merchant_code text COLLATE "C" NOT NULL,
    host          text COLLATE "C" NOT NULL,
    url           text             NOT NULL,
    body          text             NOT NULL,             -- every attempt sends exactly this
    at            timestamptz      NOT NULL,
    state         text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts      integer          NOT NULL DEFAULT 0,   -- begun, and the fence of the one under way
    failures      integer          NOT NULL DEFAULT 0,   -- what came of the others
    next_at       timestamptz      NOT NULL,             -- during an attempt: the end of its lease
    problem       text                                   -- how the last attempt failed
);
-- By host first: a claim steps from host to host, and ten thousand rows of a broken one cost it nothing.
CREATE INDEX outbox_due ON outbox (host, next_at) WHERE state = 'waiting';
