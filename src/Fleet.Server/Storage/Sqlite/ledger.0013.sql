-- Things that a person must look at.
CREATE TABLE incident (
    incident_id   TEXT    NOT NULL PRIMARY KEY, -- begins with the time at which it was opened
    kind          TEXT    NOT NULL,
    subject       TEXT    NOT NULL,             -- what it is about, in one text
    merchant_code TEXT    NOT NULL,             -- empty: the operator of Fleet
    store         TEXT,
    reader_id     TEXT,
    serial        TEXT,
    checkout_id   TEXT,
    host          TEXT,
    day           TEXT,
    detail        TEXT    NOT NULL,
    opened_at     INTEGER NOT NULL,             -- times are microseconds since 1970, UTC
    last_seen_at  INTEGER NOT NULL,
    count         INTEGER NOT NULL DEFAULT 1,
    owner         TEXT,
    notes         TEXT    NOT NULL DEFAULT '[]', -- as JSON
    resolution    TEXT,
    resolved_at   INTEGER,
    resolved_by   TEXT,
    ver           INTEGER NOT NULL DEFAULT 1,   -- raised by each change of a person
    opened_told   INTEGER NOT NULL DEFAULT 0,
    resolved_told INTEGER NOT NULL DEFAULT 0
) STRICT;
-- What is seen again is counted, and opens nothing.
CREATE UNIQUE INDEX one_incident ON incident (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX incident_of_subject ON incident (kind, subject, resolved_at);
CREATE INDEX incident_of_merchant ON incident (merchant_code, incident_id);
CREATE INDEX incident_of_serial ON incident (serial, incident_id) WHERE serial IS NOT NULL;
CREATE INDEX incident_of_checkout ON incident (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX incident_resolved ON incident (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX incident_untold ON incident (incident_id)
    WHERE NOT opened_told OR (resolved_at IS NOT NULL AND NOT resolved_told);
