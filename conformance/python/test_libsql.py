"""`libsql` against a database far away: every statement goes to it. The promises of conformance/README.md."""

import math

import libsql
import pytest

HUNDRED_THOUSAND = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n"


def connect(database, token=None, **options):
    return libsql.connect(database.url, auth_token=token or database.token, **options)


@pytest.fixture
def connection(database):
    connection = connect(database)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)")
    connection.commit()
    return connection


def one(connection, sql, args=()):
    ((value,),) = connection.execute(sql, args).fetchall()
    return value


@pytest.mark.parametrize("value", [None, 2**31 - 1, -(2**31), 1.5, -1e300, 5e-324, "", "größe 🦀\0", b"\x00\xff\x07"])
def test_every_type_of_value_comes_back_as_it_was_written(connection, value):
    read = one(connection, "SELECT ?", (value,))
    assert (type(read), read) == (type(value), value)


def test_the_limits_of_an_integer_are_read(connection):
    assert one(connection, "SELECT 9223372036854775807") == 2**63 - 1
    assert one(connection, "SELECT -9223372036854775808") == -(2**63)
    # As an argument the driver makes a float of any integer that needs more than 32 bits.
    assert one(connection, "SELECT typeof(?)", (2**31,)) == "real"


def test_a_float_is_negative_zero_or_no_number_as_json_allows(connection):
    zero = one(connection, "SELECT -0.0")
    assert (zero, math.copysign(1, zero)) == (0, -1)
    # The protocol writes an infinity as null, which this driver takes for a broken answer.
    with pytest.raises(ValueError):
        one(connection, "SELECT 1e999")


def test_arguments_have_positions_or_names(connection):
    assert one(connection, "SELECT ?2 - ?1", (1, 10)) == 9
    # The driver has no arguments by name: it takes the values of any sequence, and refuses a mapping.
    with pytest.raises((TypeError, ValueError)):
        one(connection, "SELECT :a - @b", {"a": 10, "b": 1})


def test_a_write_tells_what_it_did(connection):
    written = connection.execute("INSERT INTO t (v) VALUES (1), (2)")
    assert (written.rowcount, written.lastrowid) == (2, 2)


def test_a_batch_runs_its_statements(connection):
    connection.executescript("CREATE TABLE b (x); INSERT INTO b VALUES (1); INSERT INTO b VALUES (2);")
    assert one(connection, "SELECT count(*) FROM b") == 2


def test_a_transaction_is_kept_or_undone(connection):
    connection.execute("INSERT INTO t (v) VALUES (1)")
    connection.rollback()
    connection.execute("INSERT INTO t (v) VALUES (2)")
    connection.commit()
    assert connection.execute("SELECT v FROM t").fetchall() == [(2,)]


def test_a_constraint_is_the_drivers_own_error(connection):
    connection.execute("INSERT INTO t (v) VALUES (1)")
    # The driver raises its errors as ValueError: the text is what a program can look at.
    with pytest.raises(ValueError, match="UNIQUE constraint failed: t.v"):
        connection.execute("INSERT INTO t (v) VALUES (1)")


def test_a_read_only_token_reads_and_does_not_write(database, connection):
    reader = connect(database, database.token_for(authorization="read-only"), isolation_level=None)
    assert one(reader, "SELECT 1") == 1
    with pytest.raises(ValueError, match="BLOCKED"):
        reader.execute("INSERT INTO t (v) VALUES (1)")


def test_an_expired_token_is_refused(database):
    late = connect(database, database.expired_token(), isolation_level=None)
    with pytest.raises(ValueError, match="expired"):
        late.execute("SELECT 1")


def test_100_000_rows_are_read(connection):
    rows = connection.execute(HUNDRED_THOUSAND).fetchall()
    assert (len(rows), sum(i for (i,) in rows)) == (100_000, 5_000_050_000)
