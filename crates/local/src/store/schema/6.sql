-- Databases that are gone for good. A process may end before it has removed their files; those of a database that was never
-- known here are not to be removed: they are of a state that was lost.
CREATE TABLE removed_databases (
    uuid TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER remember_removed_databases AFTER DELETE ON databases BEGIN
    INSERT OR IGNORE INTO removed_databases (uuid) VALUES (old.uuid);
END;
