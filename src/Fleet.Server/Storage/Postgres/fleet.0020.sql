-- The name that a till gave itself. Payments without one are not in the index.
ALTER TABLE history ADD COLUMN till text COLLATE "C";
CREATE INDEX history_till ON history (merchant_code, till, ref) WHERE till IS NOT NULL;
