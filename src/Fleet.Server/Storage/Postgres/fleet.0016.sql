-- What removed payments and refunds counted, so that totals can be compared with the ledger after a removal.
CREATE TABLE removed_total (
    merchant_code text COLLATE "C" NOT NULL,
    day           text COLLATE "C" NOT NULL, -- of UTC, like 2026-11-28
    store         text COLLATE "C" NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    count         bigint           NOT NULL,
    amount        bigint           NOT NULL, -- minor units, without tips
    tips          bigint           NOT NULL, -- minor units
    PRIMARY KEY (merchant_code, day, store, currency, kind)
);

-- The last run of the retention of each kind.
CREATE TABLE retention_run (
    kind     text COLLATE "C" NOT NULL PRIMARY KEY,
    at       timestamptz      NOT NULL,
    node     text             NOT NULL,
    exported bigint           NOT NULL, -- rows
    removed  bigint           NOT NULL, -- rows
    problem  text                       -- why it failed; null when it did not
);

-- The last row of a chain of the audit that was exported and removed: the rest of the chain follows it.
CREATE TABLE audit_anchor (
    chain uuid   NOT NULL PRIMARY KEY,
    seq   bigint NOT NULL,
    hash  text   NOT NULL
);
