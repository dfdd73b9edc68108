"""`libsql-client` over HTTP, where it speaks the first version of the protocol, and over WebSocket. The promises of
conformance/README.md."""

import math

import pytest
from libsql_client import LibsqlError, create_client_sync

HUNDRED_THOUSAND = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n"


@pytest.fixture(params=["http", "ws"])
def scheme(request):
    return request.param


@pytest.fixture
def connect(database, scheme):
    """Makes clients, and closes them: each has a thread of its own."""
    clients = []

    def connect(token=database.token):
        clients.append(create_client_sync(database.url.replace("http", scheme, 1), auth_token=token))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def client(connect):
    client = connect()
    client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)")
    return client


def one(client, sql, args=None):
    ((value,),) = client.execute(sql, args).rows
    return value


@pytest.mark.parametrize("value", [None, 2**63 - 1, -(2**63), 1.5, -1e300, 5e-324, "", "größe 🦀\0", b"\x00\xff\x07"])
def test_every_type_of_value_comes_back_as_it_was_written(client, value):
    read = one(client, "SELECT ?", [value])
    assert (type(read), read) == (type(value), value)


def test_a_float_is_negative_zero_or_no_number_as_json_allows(client):
    zero = one(client, "SELECT -0.0")
    assert (zero, math.copysign(1, zero)) == (0, -1)
    # The protocol writes an infinity as null, which this driver takes for a number all the same.
    with pytest.raises(TypeError):
        one(client, "SELECT 1e999")


def test_arguments_have_positions_or_names(client):
    assert one(client, "SELECT ?2 - ?1", [1, 10]) == 9
    assert one(client, "SELECT :a - @b", {"a": 10, "b": 1}) == 9


def test_a_write_tells_what_it_did(client):
    written = client.execute("INSERT INTO t (v) VALUES (1), (2)")
    assert (written.rows_affected, written.last_insert_rowid) == (2, 2)


def test_a_batch_happens_whole_or_not_at_all(client):
    client.batch(["CREATE TABLE b (x UNIQUE)", ("INSERT INTO b VALUES (?)", [1])])
    with pytest.raises(LibsqlError, match="UNIQUE constraint failed: b.x"):
        client.batch(["INSERT INTO b VALUES (2)", "INSERT INTO b VALUES (1)"])
    assert one(client, "SELECT count(*) FROM b") == 1


def test_a_transaction_is_kept_or_undone(client, scheme):
    if scheme == "http":
        with pytest.raises(LibsqlError, match="TRANSACTIONS_NOT_SUPPORTED"):
            client.transaction()
        return
    undone = client.transaction()
    undone.execute("INSERT INTO t (v) VALUES (1)")
    undone.rollback()
    kept = client.transaction()
    kept.execute("INSERT INTO t (v) VALUES (2)")
    kept.commit()
    assert one(client, "SELECT v FROM t") == 2


def test_a_constraint_is_the_drivers_own_error(client):
    client.execute("INSERT INTO t (v) VALUES (1)")
    with pytest.raises(LibsqlError, match="UNIQUE constraint failed: t.v") as raised:
        client.execute("INSERT INTO t (v) VALUES (1)")
    assert raised.value.code == "SQLITE_CONSTRAINT"


def test_a_read_only_token_reads_and_does_not_write(connect, client, database):
    reader = connect(database.token_for(authorization="read-only"))
    assert one(reader, "SELECT 1") == 1
    # Over HTTP this driver tells only the status of an error that has no message of its own.
    with pytest.raises(LibsqlError, match="403|BLOCKED"):
        reader.execute("INSERT INTO t (v) VALUES (1)")


def test_an_expired_token_is_refused(connect, database):
    late = connect(database.expired_token())
    with pytest.raises(LibsqlError, match="401|expired"):
        late.execute("SELECT 1")


def test_100_000_rows_are_read(client):
    rows = client.execute(HUNDRED_THOUSAND).rows
    assert (len(rows), sum(i for (i,) in rows)) == (100_000, 5_000_050_000)
