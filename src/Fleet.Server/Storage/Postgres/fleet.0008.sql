-- A filtered history is read by ranges of this index, one for each kind of entry that the filters admit, so rare kinds
-- are found without reading the others.
CREATE INDEX history_filter ON history (merchant_code, kind, status, coalesce(entry_mode, ''), ref);

-- With the place in the index: most entries that were refunded since a time are themselves newer, and need not be read.
CREATE INDEX history_changed_at ON history (merchant_code, changed_at, ref) WHERE changed_at IS NOT NULL;

-- Finds the charged, the open or the last checkout of a reference fast, also when a till uses the same one for all
-- sales.
CREATE INDEX checkout_of_reference ON checkout (reference, state, checkout_id) WHERE reference IS NOT NULL;

-- Last, because dropping an index locks the table against readers until the end of the script.
DROP INDEX history_refunded, history_changed, checkout_reference;
