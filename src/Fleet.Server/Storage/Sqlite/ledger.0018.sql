-- The name that a till gave itself. Payments without one are not in the index.
ALTER TABLE history ADD COLUMN till TEXT;
CREATE INDEX history_till ON history (merchant_code, till, ref) WHERE till IS NOT NULL;

-- As for the other indexes of the history: entries with a name, those of a merchant, of a till.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('history', 'history_till', '1000000 1000000 2000 1');
