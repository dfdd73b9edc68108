package conformance

import (
	"database/sql"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tursodatabase/libsql-client-go/libsql"
)

// The promises of conformance/README.md, over both transports of libsql-client-go.
func TestLibsqlClientGo(t *testing.T) {
	for name, scheme := range map[string]string{"over HTTP": "http", "over WebSocket": "ws"} {
		t.Run(name, func(t *testing.T) { promises(t, scheme) })
	}
}

func promises(t *testing.T, scheme string) {
	made := newDatabase(t)
	open := func(token string) *sql.DB {
		url := scheme + strings.TrimPrefix(made.url, "http")
		connector, err := libsql.NewConnector(url, libsql.WithAuthToken(token))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		t.Cleanup(func() { db.Close() })
		return db
	}
	db := open(made.token)
	exec(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE)")

	t.Run("every type of value comes back as it was written", func(t *testing.T) {
		values := []any{
			nil, int64(math.MaxInt64), int64(math.MinInt64), 1.5, -1e300, 5e-324, "", "größe 🦀\x00", []byte{0, 255, 7},
		}
		for _, value := range values {
			if read := one(t, db, "SELECT ?", value); !reflect.DeepEqual(read, value) {
				t.Errorf("%#v came back as %#v", value, read)
			}
		}
	})

	t.Run("a float is negative zero or no number as JSON allows", func(t *testing.T) {
		if zero, ok := one(t, db, "SELECT -0.0").(float64); !ok || zero != 0 || !math.Signbit(zero) {
			t.Errorf("-0.0 came back as %v", zero)
		}
		// The protocol writes an infinity as null, which this driver takes for no value over HTTP. Over a WebSocket it
		// panics, whatever server it talks to.
		if scheme == "http" {
			if read := one(t, db, "SELECT 1e999"); read != nil {
				t.Errorf("an infinity came back as %#v", read)
			}
		}
		if _, err := db.Exec("SELECT ?", math.NaN()); err == nil {
			t.Error("NaN was sent")
		}
	})

	t.Run("arguments have positions or names", func(t *testing.T) {
		if sum := one(t, db, "SELECT ?2 - ?1", 1, 10); sum != int64(9) {
			t.Errorf("by position: %v", sum)
		}
		if sum := one(t, db, "SELECT :a - @b", sql.Named("a", 10), sql.Named("b", 1)); sum != int64(9) {
			t.Errorf("by name: %v", sum)
		}
	})

	t.Run("a write tells what it did", func(t *testing.T) {
		written := exec(t, db, "INSERT INTO t (v) VALUES (1), (2)")
		if rows, _ := written.RowsAffected(); rows != 2 {
			t.Errorf("%d rows", rows)
		}
		if id, _ := written.LastInsertId(); id != 2 {
			t.Errorf("row id %d", id)
		}
	})

	t.Run("a batch runs its statements up to the first failure", func(t *testing.T) {
		script := "CREATE TABLE b (x UNIQUE); INSERT INTO b VALUES (1); INSERT INTO b VALUES (2)"
		_, err := db.Exec(script)
		// Over a WebSocket the driver has no batches: it sends the text as one statement, which is refused.
		if scheme == "ws" {
			if err == nil || !strings.Contains(err.Error(), "more than one statement") {
				t.Errorf("%v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO b VALUES (3); INSERT INTO b VALUES (1)"); err == nil {
			t.Error("a batch that breaks a constraint succeeded")
		}
		if kept := one(t, db, "SELECT group_concat(x) FROM b"); kept != "1,2,3" {
			t.Errorf("kept %v", kept)
		}
	})

	t.Run("a transaction is kept or undone", func(t *testing.T) {
		exec(t, db, "CREATE TABLE x (v)")
		for value, finish := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec("INSERT INTO x VALUES (?)", value); err != nil {
				t.Fatal(err)
			}
			if err := finish(tx); err != nil {
				t.Fatal(err)
			}
		}
		if kept := one(t, db, "SELECT group_concat(v) FROM x"); kept != "1" {
			t.Errorf("kept %v", kept)
		}
	})

	t.Run("a constraint is the driver's own error", func(t *testing.T) {
		_, err := db.Exec("INSERT INTO t (v) VALUES (1)")
		// The driver has no type of its own for it: the text is what a program can look at.
		if err == nil || !strings.Contains(err.Error(), "UNIQUE constraint failed: t.v") {
			t.Errorf("%v", err)
		}
	})

	t.Run("a read-only token reads and does not write", func(t *testing.T) {
		reader := open(made.tokenFor(t, "authorization=read-only"))
		if read := one(t, reader, "SELECT 1"); read != int64(1) {
			t.Errorf("read %v", read)
		}
		if _, err := reader.Exec("INSERT INTO t (v) VALUES (9)"); err == nil || !strings.Contains(err.Error(), "BLOCKED") {
			t.Errorf("%v", err)
		}
	})

	t.Run("an expired token is refused", func(t *testing.T) {
		late := open(made.expiredToken(t))
		if _, err := late.Exec("SELECT 1"); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("%v", err)
		}
	})

	t.Run("100,000 rows are read", func(t *testing.T) {
		rows, err := db.Query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		count, sum := 0, 0
		for rows.Next() {
			var i int
			if err := rows.Scan(&i); err != nil {
				t.Fatal(err)
			}
			count, sum = count+1, sum+i
		}
		if rows.Err() != nil || count != 100_000 || sum != 5_000_050_000 {
			t.Errorf("%d rows, sum %d, %v", count, sum, rows.Err())
		}
	})
}

func exec(t *testing.T, db *sql.DB, text string) sql.Result {
	t.Helper()
	result, err := db.Exec(text)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// The only value of the only row.
func one(t *testing.T, db *sql.DB, text string, args ...any) any {
	t.Helper()
	var value any
	if err := db.QueryRow(text, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
