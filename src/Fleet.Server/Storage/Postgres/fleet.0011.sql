-- What was said to SumUp's cloud and what it answered, without secrets; each attempt is a row. Rows are added, and
-- deleted when they are old.
CREATE TABLE cloud_exchange (
    id            uuid             NOT NULL PRIMARY KEY, -- begins with its time
    at            timestamptz      NOT NULL,             -- when it was sent
    merchant_code text COLLATE "C" NOT NULL,
    checkout_id   uuid,                                  -- Fleet's checkout that it is about
    reader_id     text COLLATE "C",                      -- the cloud's id of the reader
    operation     text             NOT NULL,
    method        text             NOT NULL,
    path          text             NOT NULL,
    status        integer,                               -- null: there is no answer
    latency_ms    integer          NOT NULL,
    sent          text,
    received      text,
    verdict       text             NOT NULL              -- why there is no answer; 'none' when there is one
);
CREATE INDEX cloud_exchange_of_checkout ON cloud_exchange (checkout_id, at) WHERE checkout_id IS NOT NULL;
CREATE INDEX cloud_exchange_of_merchant ON cloud_exchange (merchant_code, at);
CREATE INDEX cloud_exchange_age ON cloud_exchange (at);

-- The keys with which nodes seal secrets that they store: entries of ASP.NET's Data Protection. Rows are added and never
-- deleted, because what an old key sealed must be opened later.
CREATE TABLE key_ring (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    xml  text             NOT NULL, -- encrypted when Fleet:SealingKey is set
    at   timestamptz      NOT NULL
);
