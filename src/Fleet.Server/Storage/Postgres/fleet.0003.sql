-- Outcomes to report to tills, written in the transaction of the final state and kept until a receiver accepted them.
CREATE TABLE outbox (
    event_id      uuid             NOT NULL PRIMARY KEY, -- the id of the checkout, which ends once
    merchant_code text COLLATE "C" NOT NULL,
    host          text COLLATE "C" NOT NULL,
    url           text             NOT NULL,
    body          text             NOT NULL,             -- every attempt sends exactly these bytes
    at            timestamptz      NOT NULL,
    state         text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    -- begun; the number of the running one, by which an older one is refused
    attempts      integer          NOT NULL DEFAULT 0,
    failures      integer          NOT NULL DEFAULT 0,   -- attempts that failed
    next_at       timestamptz      NOT NULL,             -- during an attempt: the end of its lease
    problem       text                                   -- why the last attempt failed
);
-- By host first: a claim steps from host to host, so ten thousand rows of a broken host do not slow it down.
CREATE INDEX outbox_due ON outbox (host, next_at) WHERE state = 'waiting';
