-- How often a merchant requested an event again. A replay also raises attempts, so the result of an attempt that is
-- running at that moment is refused.
ALTER TABLE outbox ADD COLUMN replays integer NOT NULL DEFAULT 0;

-- What a merchant lists and replays, by state and time.
CREATE INDEX outbox_of_merchant ON outbox (merchant_code, state, at, event_id);

-- Events that are old enough to be deleted. next_at of a finished row is the end of its last lease. The order of the
-- key is not enough: a replayed event has an old key and a new next_at.
CREATE INDEX outbox_over ON outbox (state, next_at) WHERE state <> 'waiting';
