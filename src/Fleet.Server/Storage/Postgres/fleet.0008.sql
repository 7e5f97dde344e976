-- A filtered history is read by ranges of this index, one for each kind of entry that passes: however rare those are,
-- nobody looks through the others.
CREATE INDEX history_filter ON history (merchant_code, kind, status, coalesce(entry_mode, ''), ref);

-- With the place in it: of what was refunded since a time, most is itself younger than that, and need not be visited.
CREATE INDEX history_changed_at ON history (merchant_code, changed_at, ref) WHERE changed_at IS NOT NULL;

-- A reference that a till uses for every sale is found as fast as any: the charged one, the open one, the last.
CREATE INDEX checkout_of_reference ON checkout (reference, state, checkout_id) WHERE reference IS NOT NULL;

-- Last, because who drops an index keeps readers out until the end.
DROP INDEX history_refunded, history_changed, checkout_reference;
