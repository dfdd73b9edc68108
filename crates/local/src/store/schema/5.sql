-- What an organization used, of databases that are gone or elsewhere by now, too. A month is named by its first hour, counted
-- from the beginning of 1970.
CREATE TABLE organization_usage (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    month           INTEGER NOT NULL,
    rows_read       INTEGER NOT NULL,
    rows_written    INTEGER NOT NULL,
    PRIMARY KEY (organization_id, month)
) STRICT, WITHOUT ROWID;

-- Of states before this one, what is still known of it.
INSERT INTO organization_usage
SELECT databases.organization_id,
       unixepoch(usage.hour * 3600, 'unixepoch', 'start of month') / 3600 AS month,
       CAST(total(usage.rows_read) AS INTEGER),
       CAST(total(usage.rows_written) AS INTEGER)
FROM usage JOIN databases ON databases.id = usage.database_id
GROUP BY databases.organization_id, month;
