-- Keys that were made over the API. Of the key itself only the hash is saved.
CREATE TABLE api_key (
    -- begins with its time: the order in which keys were made
    key_id              uuid             NOT NULL PRIMARY KEY,
    sha256              text COLLATE "C" NOT NULL UNIQUE,
    prefix              text             NOT NULL,             -- its first letters, for people
    name                text             NOT NULL,
    merchant_code       text COLLATE "C",                      -- null: the whole chain
    store               text COLLATE "C",                      -- null: all stores
    scopes              text             NOT NULL,             -- words with spaces between
    requests_per_second integer,                               -- null: the node's setting
    created_at          timestamptz      NOT NULL,
    created_by          text             NOT NULL,
    expires_at          timestamptz,
    revoked_at          timestamptz,
    replaced_by         uuid
);
CREATE INDEX api_key_of_merchant ON api_key (merchant_code, key_id);

-- Who changed what, in chains: each row carries the hash of the one before it. Rows are added and never changed.
CREATE TABLE audit (
    chain         uuid             NOT NULL, -- one writer in one run of a node
    seq           bigint           NOT NULL, -- 1, 2, 3 …
    at            timestamptz      NOT NULL,
    node          text             NOT NULL,
    key_id        text             NOT NULL,
    key_name      text             NOT NULL,
    merchant_code text COLLATE "C" NOT NULL, -- the merchant that it is about; empty: the chain
    action        text COLLATE "C" NOT NULL,
    subject       text             NOT NULL,
    detail        text             NOT NULL,
    remote        text             NOT NULL,
    prev          text             NOT NULL,
    hash          text             NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_time ON audit (at, chain, seq);
