-- People who are signed in to the console.
CREATE TABLE console_session (
    session_id    TEXT    NOT NULL PRIMARY KEY, -- begins with the time at which it was opened
    sha256        TEXT    NOT NULL UNIQUE,      -- of its secret
    person        TEXT    NOT NULL,
    key_sha256    TEXT,                         -- of the key; NULL for a person of an identity provider
    key_id        TEXT    NOT NULL,
    key_name      TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    merchant_code TEXT,
    store         TEXT,
    created_at    INTEGER NOT NULL,             -- times are microseconds since 1970, UTC
    expires_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    remote        TEXT    NOT NULL,
    browser       TEXT    NOT NULL
) STRICT;
CREATE INDEX console_session_expires ON console_session (expires_at);
