"""`turso-serverless`, a DB-API over cursors of version 3. The promises of conformance/README.md."""

import math

import pytest
import turso_serverless
from turso_serverless import IntegrityError, OperationalError

HUNDRED_THOUSAND = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n"


@pytest.fixture
def connect(database):
    """Makes connections, and closes them."""
    connections = []

    def connect(token=database.token):
        connections.append(turso_serverless.connect(database.url, auth_token=token))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


@pytest.fixture
def connection(connect):
    connection = connect()
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)")
    return connection


def one(connection, sql, parameters=()):
    (value,) = connection.execute(sql, parameters).fetchone()
    return value


@pytest.mark.parametrize("value", [None, 2**63 - 1, -(2**63), 1.5, -1e300, 5e-324, "", "größe 🦀\0", b"\x00\xff\x07"])
def test_every_type_of_value_comes_back_as_it_was_written(connection, value):
    read = one(connection, "SELECT ?", [value])
    assert (type(read), read) == (type(value), value)


def test_a_float_is_negative_zero_or_no_number_as_json_allows(connection):
    zero = one(connection, "SELECT -0.0")
    assert (zero, math.copysign(1, zero)) == (0, -1)
    assert math.isnan(one(connection, "SELECT 1e999"))


def test_arguments_have_positions_or_names(connection):
    assert one(connection, "SELECT ?2 - ?1", [1, 10]) == 9
    assert one(connection, "SELECT :a - @b", {"a": 10, "b": 1}) == 9


def test_a_write_tells_what_it_did(connection):
    written = connection.execute("INSERT INTO t (v) VALUES (1), (2)")
    assert (written.rowcount, written.lastrowid) == (2, 2)


def test_a_batch_happens_up_to_its_first_failure(connection):
    with pytest.raises(OperationalError, match="no such table: nope"):
        connection.executescript("INSERT INTO t (v) VALUES (1); INSERT INTO nope VALUES (1); INSERT INTO t (v) VALUES (2)")
    assert one(connection, "SELECT count(*) FROM t") == 1


def test_a_transaction_is_kept_or_undone(connection, connect):
    connection.execute("INSERT INTO t (v) VALUES (1)")
    assert connection.in_transaction
    connection.rollback()
    with connection:
        connection.execute("INSERT INTO t (v) VALUES (2)")
    assert not connection.in_transaction
    assert one(connect(), "SELECT v FROM t") == 2


def test_a_constraint_is_the_drivers_own_error(connection):
    with pytest.raises(IntegrityError, match="UNIQUE constraint failed: t.v"):
        connection.execute("INSERT INTO t (v) VALUES (1), (1)")


def test_a_read_only_token_reads_and_does_not_write(connect, connection, database):
    reader = connect(database.token_for(authorization="read-only"))
    assert one(reader, "SELECT 1") == 1
    with pytest.raises(OperationalError, match="403"):
        reader.execute("CREATE TABLE other (x)")


def test_an_expired_token_is_refused(connect, database):
    with pytest.raises(OperationalError, match="401.*expired"):
        connect(database.expired_token()).execute("SELECT 1")


def test_100_000_rows_are_read(connection):
    rows = connection.execute(HUNDRED_THOUSAND).fetchall()
    assert (len(rows), sum(i for (i,) in rows)) == (100_000, 5_000_050_000)
