-- Keys that were made over the API. Of the key itself only the hash is saved.
CREATE TABLE api_key (
    key_id              TEXT    NOT NULL PRIMARY KEY, -- begins with its time: the order in which keys were made
    sha256              TEXT    NOT NULL UNIQUE,
    prefix              TEXT    NOT NULL,             -- its first letters, for people
    name                TEXT    NOT NULL,
    merchant_code       TEXT,                         -- null: the whole chain
    store               TEXT,                         -- null: all stores
    scopes              TEXT    NOT NULL,             -- words with spaces between
    requests_per_second INTEGER,                      -- null: the node's setting
    created_at          INTEGER NOT NULL,             -- microseconds since 1970, UTC, as all times here
    created_by          TEXT    NOT NULL,
    expires_at          INTEGER,
    revoked_at          INTEGER,
    replaced_by         TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_of_merchant ON api_key (merchant_code, key_id);

-- Who changed what, in chains: each row carries the hash of the one before it. Rows are added and never changed.
CREATE TABLE audit (
    chain         TEXT    NOT NULL, -- one writer in one run of a node
    seq           INTEGER NOT NULL, -- 1, 2, 3 …
    at            INTEGER NOT NULL,
    node          TEXT    NOT NULL,
    key_id        TEXT    NOT NULL,
    key_name      TEXT    NOT NULL,
    merchant_code TEXT    NOT NULL, -- the merchant that it is about; empty: the chain
    action        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    detail        TEXT    NOT NULL,
    remote        TEXT    NOT NULL,
    prev          TEXT    NOT NULL,
    hash          TEXT    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_time ON audit (at, chain, seq);
