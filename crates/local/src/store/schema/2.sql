-- States of version 1 were written with such a table before it had a version of its own: logins that began there end.
DROP TABLE IF EXISTS sessions;

-- What a login began. It is no API token: it ends by itself, and its user ends all of them at once. It ends at a time in
-- microseconds since 1970.
CREATE TABLE sessions (
    jti        TEXT PRIMARY KEY,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
