"""Replicas: `libsql` with `sync_url`, which reads frames and sends its writes to the service."""

import libsql
import pytest

from conftest import post


@pytest.fixture
def remote(database):
    connection = libsql.connect(database.url, auth_token=database.token)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    connection.execute("INSERT INTO t (v) VALUES ('first')")
    connection.commit()
    return connection


def replica(database, directory, token=None):
    return libsql.connect(str(directory / "replica.db"), sync_url=database.url, auth_token=token or database.token)


def values(connection):
    return [value for (value,) in connection.execute("SELECT v FROM t ORDER BY id").fetchall()]


class TestLibsql:
    def test_a_replica_has_what_was_committed_before_it_synced(self, database, remote, tmp_path):
        local = replica(database, tmp_path)
        local.sync()
        assert values(local) == ["first"]
        remote.execute("INSERT INTO t (v) VALUES ('second')")
        remote.commit()
        assert values(local) == ["first"]
        local.sync()
        assert values(local) == ["first", "second"]

    def test_a_write_goes_to_the_service_and_is_read_from_the_replica(self, database, remote, tmp_path):
        local = replica(database, tmp_path)
        local.sync()
        local.execute("INSERT INTO t (v) VALUES ('second')")
        local.commit()
        assert values(local) == ["first", "second"]
        assert values(remote) == ["first", "second"]

    def test_a_replica_follows_from_one_generation_to_the_next(self, database, remote, tmp_path):
        local = replica(database, tmp_path)
        local.sync()
        for _ in range(3):
            # More pages than the log of one generation has.
            remote.execute(
                "INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1100) "
                "SELECT hex(randomblob(2000)) FROM n"
            )
            remote.commit()
            local.sync()
            assert values(local) == values(remote)

    def test_a_read_only_token_suffices_for_reading(self, database, remote, tmp_path):
        local = replica(database, tmp_path, database.token_for(authorization="read-only"))
        local.sync()
        assert values(local) == ["first"]
        with pytest.raises(ValueError, match="403|BLOCKED"):
            local.execute("INSERT INTO t (v) VALUES ('second')")
            local.commit()
        assert values(remote) == ["first"]

    def test_a_token_from_before_a_rotation_is_refused(self, database, remote, tmp_path):
        post(f"databases/{database.name}/auth/rotate")
        with pytest.raises(ValueError, match="401"):
            replica(database, tmp_path).sync()
