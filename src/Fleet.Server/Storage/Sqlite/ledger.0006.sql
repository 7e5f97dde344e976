-- The trace of the checkout to which an event belongs, as W3C's traceparent; null when it is not traced.
ALTER TABLE outbox ADD COLUMN trace TEXT;
