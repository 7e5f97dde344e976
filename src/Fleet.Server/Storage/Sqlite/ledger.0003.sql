-- How often a merchant asked for an event again. That counts in attempts too, which is the fence: an attempt that is
-- under way when it is asked for has no word any more.
ALTER TABLE outbox ADD COLUMN replays INTEGER NOT NULL DEFAULT 0;

-- By host first: a claim steps from host to host, and ten thousand rows of a broken one cost it nothing.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (host, next_at) WHERE state = 'waiting';

-- What a merchant lists and replays, by state and time.
CREATE INDEX outbox_of_merchant ON outbox (merchant_code, state, at, event_id);

-- What is old enough to be forgotten. next_at of a row that is over is the end of its last lease: events that were
-- replayed are young again, which the key's time order does not know.
CREATE INDEX outbox_over ON outbox (state, next_at) WHERE state <> 'waiting';
