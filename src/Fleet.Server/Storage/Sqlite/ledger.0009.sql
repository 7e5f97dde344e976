-- What was said to SumUp's cloud and what it answered, without secrets; each attempt is a row. Rows are added, and
-- deleted when they are old. Not WITHOUT ROWID, because rows with bodies are long.
CREATE TABLE cloud_exchange (
    id            TEXT    NOT NULL PRIMARY KEY, -- begins with its time
    at            INTEGER NOT NULL,             -- when it was sent; microseconds since 1970, UTC
    merchant_code TEXT    NOT NULL,
    checkout_id   TEXT,                         -- Fleet's checkout that it is about
    reader_id     TEXT,                         -- the cloud's id of the reader
    operation     TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    status        INTEGER,                      -- null: there is no answer
    latency_ms    INTEGER NOT NULL,
    sent          TEXT,
    received      TEXT,
    verdict       TEXT    NOT NULL              -- why there is no answer; 'none' when there is one
) STRICT;
CREATE INDEX cloud_exchange_of_checkout ON cloud_exchange (checkout_id, at) WHERE checkout_id IS NOT NULL;
CREATE INDEX cloud_exchange_of_merchant ON cloud_exchange (merchant_code, at);
CREATE INDEX cloud_exchange_age ON cloud_exchange (at);

-- The keys with which nodes seal secrets that they store: entries of ASP.NET's Data Protection. Rows are added and never
-- deleted, because what an old key sealed must be opened later.
CREATE TABLE key_ring (
    name TEXT    NOT NULL PRIMARY KEY,
    xml  TEXT    NOT NULL, -- encrypted when Fleet:SealingKey is set
    at   INTEGER NOT NULL
) STRICT;
