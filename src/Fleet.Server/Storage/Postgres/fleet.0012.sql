-- Merchants that were made over the API. Rows are added and changed, and never deleted, because payments name them.
CREATE TABLE merchant (
    merchant_code text COLLATE "C" NOT NULL PRIMARY KEY,
    revision      bigint           NOT NULL, -- counts the changes of this merchant, from 1
    change        bigint           NOT NULL, -- the number of its latest change among those of all merchants
    body          text             NOT NULL  -- JSON; secrets in it are encrypted or hashed
);
CREATE UNIQUE INDEX merchant_change ON merchant (change);

-- One row. It is changed first in each change of a merchant, so that changes become visible in the order of their numbers.
CREATE TABLE merchant_changes (latest bigint NOT NULL);
INSERT INTO merchant_changes VALUES (0);
