"""Copies of a database: `libsql` with `sync_url`, which reads frames and sends its writes to the service, and `pyturso`,
which writes to its copy and pushes that."""

import libsql
import pytest
import turso
from turso.lib_sync import connect_sync

from conftest import ORG, Database, new_database, post, send


@pytest.fixture
def remote(database):
    return filled(database, "first")


def filled(database, *values):
    connection = libsql.connect(database.url, auth_token=database.token)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
    insert(connection, *values)
    return connection


def insert(connection, *values):
    """Each in a transaction of its own, so that the log has as many commits."""
    for value in values:
        connection.execute("INSERT INTO t (v) VALUES (?)", (value,))
        connection.commit()


def replica(database, directory, token=None, **options):
    path = str(directory / "replica.db")
    return libsql.connect(path, sync_url=database.url, auth_token=token or database.token, **options)


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
                "INSERT INTO t (v) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2100) "
                "SELECT hex(randomblob(2000)) FROM n"
            )
            remote.commit()
            local.sync()
            assert values(local) == values(remote)

    def test_a_replica_is_told_that_its_database_was_put_back_and_keeps_what_it_has(self, fork, tmp_path):
        database = new_database(fork)
        remote = filled(database, "first")
        send("POST", f"{fork}/_local/snapshots", {"name": "first"})
        insert(remote, "second")
        local = replica(database, tmp_path)
        local.sync()
        send("POST", f"{fork}/_local/snapshots/first/restore", None)
        insert(remote, *range(8))
        for _ in range(2):
            with pytest.raises(ValueError, match="404.*no longer kept.*-info"):
                local.sync()
            assert values(local) == ["first", "second"]
        (tmp_path / "new").mkdir()
        another = replica(database, tmp_path / "new")
        another.sync()
        assert values(another) == values(remote) == ["first", *range(8)]

    def test_a_replica_is_told_that_its_database_is_another_one_of_its_name(self, fork, tmp_path):
        database = new_database(fork)
        token = post("groups/default/auth/tokens", base=fork)["jwt"]
        database = Database(database.name, f"{fork}/db/{database.name}-{ORG}", token, fork)
        filled(database, "first", "second")
        local = replica(database, tmp_path)
        local.sync()
        send("DELETE", f"{fork}/v1/organizations/{ORG}/databases/{database.name}", None)
        post("databases", {"name": database.name, "group": "default"}, fork)
        filled(database, *range(8))
        for _ in range(2):
            with pytest.raises(ValueError, match="404.*no longer kept"):
                local.sync()
            assert values(local) == ["first", "second"]

    def test_a_read_only_token_suffices_for_reading(self, database, remote, tmp_path):
        local = replica(database, tmp_path, database.token_for(authorization="read-only"))
        local.sync()
        assert values(local) == ["first"]
        with pytest.raises(ValueError, match="403|BLOCKED"):
            local.execute("INSERT INTO t (v) VALUES ('second')")
            local.commit()
        assert values(remote) == ["first"]

    def test_a_copy_that_writes_on_its_own_reads_and_cannot_push_its_frames(self, database, remote, tmp_path):
        local = replica(database, tmp_path, offline=True)
        local.sync()
        assert values(local) == ["first"]
        local.execute("INSERT INTO t (v) VALUES ('second')")
        local.commit()
        with pytest.raises(ValueError, match="405"):
            local.sync()
        assert values(remote) == ["first"]

    def test_a_token_from_before_a_rotation_is_refused(self, database, remote, tmp_path):
        post(f"databases/{database.name}/auth/rotate")
        with pytest.raises(ValueError, match="401"):
            replica(database, tmp_path).sync()


class TestPyturso:
    @staticmethod
    def copy(database, directory, name="copy", token=None, **options):
        return connect_sync(str(directory / name), database.url, auth_token=token or database.token, **options)

    def test_a_copy_pulls_what_is_added(self, database, remote, tmp_path):
        local = self.copy(database, tmp_path)
        assert values(local) == ["first"]
        assert local.pull() is False
        remote.execute("INSERT INTO t (v) VALUES ('second')")
        remote.commit()
        assert local.pull() is True
        assert values(local) == ["first", "second"]

    def test_a_copy_pulls_what_a_database_has_that_was_put_back(self, fork, tmp_path):
        database = new_database(fork)
        remote = filled(database, "first")
        local = self.copy(database, tmp_path)
        send("POST", f"{fork}/_local/snapshots", {"name": "first"})
        insert(remote, "second")
        local.pull()
        send("POST", f"{fork}/_local/snapshots/first/restore", None)
        insert(remote, *range(8))
        assert local.pull() is True
        assert values(local) == values(remote) == ["first", *range(8)]
        insert(remote, "last")
        assert local.pull() is True
        assert values(local) == values(remote)
        assert local.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_a_copy_pushes_what_it_inserts_changes_and_deletes(self, database, remote, tmp_path):
        local = self.copy(database, tmp_path)
        local.execute("INSERT INTO t (v) VALUES (?), (?), (?)", (b"\x00\xff", 1.5, None))
        local.execute("UPDATE t SET v = 'changed' WHERE id = 2")
        local.execute("DELETE FROM t WHERE id = 1")
        local.execute("CREATE TABLE u (name TEXT PRIMARY KEY)")
        local.execute("INSERT INTO u VALUES ('größe')")
        local.commit()
        assert values(remote) == ["first"]
        local.push()
        assert values(remote) == ["changed", 1.5, None]
        assert remote.execute("SELECT name FROM u").fetchall() == [("größe",)]

    def test_two_copies_become_the_same(self, database, remote, tmp_path):
        copies = [self.copy(database, tmp_path, name) for name in ("one", "two")]
        for number in range(6):
            local = copies[number % 2]
            local.pull()
            local.execute("INSERT INTO t (v) VALUES (?)", (number,))
            local.commit()
            local.push()
        for local in copies:
            local.pull()
            assert values(local) == values(remote) == ["first", 0, 1, 2, 3, 4, 5]

    def test_10000_rows_are_pushed_in_pieces_and_pulled_by_another_copy_in_pieces(self, database, remote, tmp_path):
        one = self.copy(database, tmp_path, "one", push_operations_threshold=1000)
        for start in range(0, 10_000, 500):
            one.executemany("INSERT INTO t (v) VALUES (?)", [(n,) for n in range(start, start + 500)])
            one.commit()
        one.push()
        two = self.copy(database, tmp_path, "two", pull_bytes_threshold=65_536)
        for connection in (remote, two):
            assert connection.execute("SELECT count(*), sum(v) FROM t WHERE id > 1").fetchone() == (10_000, 49_995_000)

    def test_a_read_only_token_pulls_and_does_not_push(self, database, remote, tmp_path):
        local = self.copy(database, tmp_path, token=database.token_for(authorization="read-only"))
        assert values(local) == ["first"]
        local.execute("INSERT INTO t (v) VALUES ('second')")
        local.commit()
        with pytest.raises(turso.DatabaseError, match="status=403.*BLOCKED"):
            local.push()
        assert values(remote) == ["first"]

    def test_a_token_from_before_a_rotation_neither_pulls_nor_pushes(self, database, remote, tmp_path):
        local = self.copy(database, tmp_path)
        post(f"databases/{database.name}/auth/rotate")
        local.execute("INSERT INTO t (v) VALUES ('second')")
        local.commit()
        with pytest.raises(turso.DatabaseError, match="status=401"):
            local.push()
        with pytest.raises(turso.DatabaseError, match="status=401"):
            local.pull()
