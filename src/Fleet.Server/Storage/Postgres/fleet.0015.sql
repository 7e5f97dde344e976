-- Things that a person must look at.
CREATE TABLE incident (
    incident_id   uuid             NOT NULL PRIMARY KEY, -- begins with the time at which it was opened
    kind          text COLLATE "C" NOT NULL,
    subject       text COLLATE "C" NOT NULL,             -- what it is about, in one text
    merchant_code text COLLATE "C" NOT NULL,             -- empty: the operator of Fleet
    store         text COLLATE "C",
    reader_id     text COLLATE "C",
    serial        text COLLATE "C",
    checkout_id   uuid,
    host          text,
    day           text,
    detail        text             NOT NULL,
    opened_at     timestamptz      NOT NULL,
    last_seen_at  timestamptz      NOT NULL,
    count         integer          NOT NULL DEFAULT 1,
    owner         text,
    notes         text             NOT NULL DEFAULT '[]', -- as JSON
    resolution    text,
    resolved_at   timestamptz,
    resolved_by   text,
    ver           integer          NOT NULL DEFAULT 1,   -- raised by each change of a person
    opened_told   boolean          NOT NULL DEFAULT false,
    resolved_told boolean          NOT NULL DEFAULT false
);
-- What is seen again is counted, and opens nothing.
CREATE UNIQUE INDEX one_incident ON incident (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX incident_of_subject ON incident (kind, subject, resolved_at);
CREATE INDEX incident_of_merchant ON incident (merchant_code, incident_id);
CREATE INDEX incident_of_serial ON incident (serial, incident_id) WHERE serial IS NOT NULL;
CREATE INDEX incident_of_checkout ON incident (checkout_id) WHERE checkout_id IS NOT NULL;
CREATE INDEX incident_resolved ON incident (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX incident_untold ON incident (incident_id)
    WHERE NOT opened_told OR (resolved_at IS NOT NULL AND NOT resolved_told);
