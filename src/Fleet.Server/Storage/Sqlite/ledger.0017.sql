-- How the readers of a store were, once in each half hour. Kept for two days.
CREATE TABLE board_sample (
    merchant_code TEXT    NOT NULL,
    store         TEXT    NOT NULL,
    at            INTEGER NOT NULL, -- begin of the half hour, microseconds since 1970, UTC
    readers       TEXT    NOT NULL, -- JSON: by reader its presence and its battery, as far as they were known
    PRIMARY KEY (merchant_code, store, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX board_sample_at ON board_sample (at);
