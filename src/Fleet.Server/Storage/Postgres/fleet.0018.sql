-- People who are signed in to the console.
CREATE TABLE console_session (
    session_id    uuid             NOT NULL PRIMARY KEY, -- begins with the time at which it was opened
    sha256        text COLLATE "C" NOT NULL UNIQUE,      -- of its secret
    person        text             NOT NULL,
    key_sha256    text COLLATE "C",                      -- of the key; NULL for a person of an identity provider
    key_id        text COLLATE "C" NOT NULL,
    key_name      text             NOT NULL,
    scopes        text             NOT NULL,
    merchant_code text COLLATE "C",
    store         text COLLATE "C",
    created_at    timestamptz      NOT NULL,
    expires_at    timestamptz      NOT NULL,
    ended_at      timestamptz,
    remote        text             NOT NULL,
    browser       text             NOT NULL
);
CREATE INDEX console_session_expires ON console_session (expires_at);
