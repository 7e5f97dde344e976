-- Merchants that were made over the API. Rows are added and changed, and never deleted, because payments name them.
CREATE TABLE merchant (
    merchant_code TEXT    NOT NULL PRIMARY KEY,
    revision      INTEGER NOT NULL, -- counts the changes of this merchant, from 1
    change        INTEGER NOT NULL, -- the number of its latest change among those of all merchants
    body          TEXT    NOT NULL  -- JSON; secrets in it are encrypted or hashed
) STRICT;
CREATE UNIQUE INDEX merchant_change ON merchant (change);

-- One row: the number of the latest change of any merchant.
CREATE TABLE merchant_changes (latest INTEGER NOT NULL) STRICT;
INSERT INTO merchant_changes VALUES (0);
