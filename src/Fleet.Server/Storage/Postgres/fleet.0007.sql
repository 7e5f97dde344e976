-- The trace of the checkout that an event is about, as W3C's traceparent; null when it is not recorded.
ALTER TABLE outbox ADD COLUMN trace text;
