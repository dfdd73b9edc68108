CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id       INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE
) STRICT;

-- The integer id is the one inside tokens, the uuid the one in answers.
CREATE TABLE organizations (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid             TEXT NOT NULL UNIQUE,
    slug             TEXT NOT NULL UNIQUE,
    name             TEXT NOT NULL,
    kind             TEXT NOT NULL,
    plan             TEXT NOT NULL,
    overages         INTEGER NOT NULL DEFAULT FALSE,
    require_mfa      INTEGER NOT NULL DEFAULT FALSE,
    restore_enabled  INTEGER NOT NULL DEFAULT TRUE,
    -- As JSON; nothing until it is first saved.
    billing_customer TEXT
) STRICT;

CREATE TABLE members (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

-- The replicas are a JSON array of further locations.
-- What is deleted can be brought back for a while: it stays as a row with the time of its deletion, in microseconds
-- since 1970 so that SQLite can compare it. A name belongs to one that is not deleted.
-- A row's id is never used twice, for cursors point behind it.
CREATE TABLE groups (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id   INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    uuid              TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    location          TEXT NOT NULL,
    replicas          TEXT NOT NULL DEFAULT '[]',
    signing_key       BLOB NOT NULL CHECK (length(signing_key) = 32),
    role_id           TEXT NOT NULL,
    delete_protection INTEGER NOT NULL DEFAULT FALSE,
    archived          INTEGER NOT NULL DEFAULT FALSE,
    deleted_at        INTEGER
) STRICT;

CREATE UNIQUE INDEX groups_by_name ON groups (organization_id, name) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_deletion ON groups (deleted_at) WHERE deleted_at IS NOT NULL;

-- The label is the host name: it is unique in the whole cloud, while a name is unique in its organization.
-- The allow lists are JSON arrays.
-- A parent is kept as it was when the branch was made, for it may be gone by now.
-- One that was deleted with its group comes back with it.
-- Of an encryption key only a digest is kept.
CREATE TABLE databases (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id   INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    group_id          INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    uuid              TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    label             TEXT NOT NULL,
    role_id           TEXT NOT NULL,
    size_limit        INTEGER,
    block_reads       INTEGER NOT NULL DEFAULT FALSE,
    block_writes      INTEGER NOT NULL DEFAULT FALSE,
    delete_protection INTEGER NOT NULL DEFAULT FALSE,
    allow_attach      INTEGER NOT NULL DEFAULT FALSE,
    allowed_ips       TEXT NOT NULL DEFAULT '[]',
    allowed_vpc_ids   TEXT NOT NULL DEFAULT '[]',
    archived          INTEGER NOT NULL DEFAULT FALSE,
    -- It waits for its file to be uploaded.
    draft             INTEGER NOT NULL DEFAULT FALSE,
    parent_uuid       TEXT,
    parent_name       TEXT,
    branched_at       TEXT,
    created_at        TEXT NOT NULL,
    uses_tursodb      INTEGER NOT NULL DEFAULT FALSE,
    encryption_cipher TEXT,
    encryption_key    BLOB CHECK (length(encryption_key) = 32),
    deleted_at        INTEGER,
    went_with_group   INTEGER NOT NULL DEFAULT FALSE
) STRICT;

CREATE UNIQUE INDEX databases_by_name ON databases (organization_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX databases_by_label ON databases (label) WHERE deleted_at IS NULL;
CREATE INDEX databases_by_deletion ON databases (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX databases_by_group ON databases (group_id);

CREATE VIEW all_databases_with_group AS
SELECT databases.*,
       groups.uuid              AS group_uuid,
       groups.name              AS group_name,
       groups.location          AS group_location,
       groups.replicas          AS group_replicas,
       groups.signing_key       AS group_signing_key,
       groups.role_id           AS group_role_id,
       groups.delete_protection AS group_delete_protection,
       groups.archived          AS group_archived,
       groups.deleted_at        AS group_deleted_at
FROM databases JOIN groups ON groups.id = databases.group_id;

CREATE VIEW databases_with_group AS
SELECT * FROM all_databases_with_group WHERE deleted_at IS NULL;

CREATE VIEW deleted_databases_with_group AS
SELECT * FROM all_databases_with_group WHERE deleted_at IS NOT NULL;

-- What databases used while the cloud was open before. The hour is counted from the beginning of 1970.
CREATE TABLE usage (
    database_id  INTEGER NOT NULL REFERENCES databases (id) ON DELETE CASCADE,
    hour         INTEGER NOT NULL,
    rows_read    INTEGER NOT NULL,
    rows_written INTEGER NOT NULL,
    PRIMARY KEY (database_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
    jti             TEXT PRIMARY KEY,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id INTEGER REFERENCES organizations (id) ON DELETE CASCADE,
    -- The uuid, not the row: a group of the same name is another one. Scopes are separated by spaces.
    group_uuid      TEXT,
    scopes          TEXT NOT NULL DEFAULT '',
    name            TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    UNIQUE (user_id, name)
) STRICT, WITHOUT ROWID;

-- A token whose group is gone is good for nothing, whoever forgot to revoke it.
CREATE VIEW good_api_tokens AS
SELECT api_tokens.*,
       users.username,
       organizations.slug AS organization_slug,
       groups.name        AS group_name
FROM api_tokens
JOIN users ON users.id = api_tokens.user_id
LEFT JOIN organizations ON organizations.id = api_tokens.organization_id
LEFT JOIN groups ON groups.uuid = api_tokens.group_uuid
WHERE api_tokens.group_uuid IS NULL OR groups.uuid IS NOT NULL;

CREATE TABLE invites (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email           TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('admin', 'member', 'viewer')),
    created_at      TEXT NOT NULL,
    UNIQUE (organization_id, email)
) STRICT;

CREATE TABLE jwks (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    PRIMARY KEY (organization_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_logs (
    sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    code            TEXT NOT NULL,
    message         TEXT NOT NULL,
    origin          TEXT NOT NULL,
    author          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    data            TEXT NOT NULL
) STRICT;

CREATE INDEX audit_logs_by_organization ON audit_logs (organization_id, sequence);
