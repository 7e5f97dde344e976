-- How the readers of a store were, once in each half hour. Kept for two days.
CREATE TABLE board_sample (
    merchant_code text COLLATE "C" NOT NULL,
    store         text COLLATE "C" NOT NULL,
    at            timestamptz      NOT NULL, -- begin of the half hour
    readers       text             NOT NULL, -- JSON: by reader its presence and its battery, as far as they were known
    PRIMARY KEY (merchant_code, store, at)
);
CREATE INDEX board_sample_at ON board_sample (at);
