-- A filtered history is read by ranges of this index, one for each kind of entry that passes: however rare those are,
-- nobody looks through the others.
CREATE INDEX history_filter ON history (merchant_code, kind, status, coalesce(entry_mode, ''), ref);
DROP INDEX history_refunded;

-- With the place in it: of what was refunded since a time, most is itself younger than that, and need not be visited.
DROP INDEX history_changed;
CREATE INDEX history_changed ON history (merchant_code, changed_at, ref) WHERE changed_at IS NOT NULL;

-- A reference that a till uses for every sale is found as fast as any: the charged one, the open one, the last.
DROP INDEX checkout_reference;
CREATE INDEX checkout_reference ON checkout (reference, state, checkout_id) WHERE reference IS NOT NULL;
