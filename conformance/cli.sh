#!/usr/bin/env bash
# One day of tursoctl, with nothing but the built binary: start, create, import, query, branch, export, verify, delete,
# stop. Takes the binary as its argument.
set -euo pipefail
tursoctl=$(realpath "$1")

work=$(mktemp -d)
export TURSOCTL_CONFIG_DIR="$work/config"
cd "$work"

same() {
    if [ "$2" != "$3" ]; then
        echo "$1: expected $2, found $3" >&2
        exit 1
    fi
    echo "ok: $1"
}

# The ready line on its standard output says that the cloud answers.
coproc CLOUD { exec "$tursoctl" local start --addr 127.0.0.1:0 --data-dir "$work/cloud" --ready-file "$work/env"; }
cloud=$CLOUD_PID
trap 'kill "$cloud" 2>/dev/null || true; wait "$cloud" 2>/dev/null || true; rm -rf "$work"' EXIT
read -r -t 60 _ready <&"${CLOUD[0]}"
set -a
. "$work/env"
set +a

rows=100000
awk -v rows="$rows" 'BEGIN {
    print "id,name,price,note"
    for (row = 0; row < rows; row++) printf "%d,\"thing \"\"%d\"\"\",%d.5,%s\n", row, row, row % 100, row % 2 ? "odd" : ""
}' >goods.csv
sum=$((rows * (rows - 1) / 2))

query() {
    "$tursoctl" sql "$1" "$2" --output name --read-only
}

same "a database is created of a CSV file" "$rows" \
    "$("$tursoctl" import csv goods.csv --to shop --create --output json --quiet | tr -d ' ,' | sed -n 's/^"rows"://p')"
same "its rows are there" "$sum" "$(query shop 'SELECT sum(id) FROM goods')"
same "with their types" "integer text real null" \
    "$(query shop "SELECT typeof(id) || ' ' || typeof(name) || ' ' || typeof(price) || ' ' || typeof(note) FROM goods LIMIT 1")"

"$tursoctl" db branch shop shop-before --wait --quiet >/dev/null
"$tursoctl" sql shop 'DELETE FROM goods WHERE id >= 10' --quiet
same "a branch keeps what its original loses" "$rows 10" \
    "$(query shop-before 'SELECT count(*) FROM goods') $(query shop 'SELECT count(*) FROM goods')"

for format in sqlite dump csv jsonl; do
    "$tursoctl" export shop-before --out "out.$format" --format "$format" --verify --quiet >/dev/null
done
same "a file of JSON has a line for each row" "$rows" "$(wc -l <out.jsonl/shop-before/goods.jsonl | tr -d ' ')"

"$tursoctl" import sqlite out.sqlite --to by-file --create --quiet >/dev/null
"$tursoctl" import dump out.dump --to by-dump --create --quiet >/dev/null
"$tursoctl" import csv out.csv/shop-before/goods.csv --to by-csv --create --quiet >/dev/null
"$tursoctl" db create by-rows --group default --quiet >/dev/null
"$tursoctl" import sqlite out.sqlite --to by-rows --quiet >/dev/null
all='SELECT count(*), sum(id), sum(price), sum(length(name)), count(note) FROM goods'
expected=$("$tursoctl" sql shop-before "$all" --output csv)
for copy in by-file by-dump by-csv by-rows; do
    same "what was exported is imported again: $copy" "$expected" "$("$tursoctl" sql "$copy" "$all" --output csv)"
done

status=0
"$tursoctl" import csv goods.csv --to shop --table goods2 --types note=integer --quiet 2>error || status=$?
same "a file that does not fit is refused with its line" "2 1" "$status $(grep -c 'line 3: "odd" is no INTEGER' error)"

"$tursoctl" db delete shop shop-before by-file by-dump by-csv by-rows --yes --quiet >/dev/null
same "every database is deleted" "" "$("$tursoctl" db list --output name)"

kill -INT "$cloud"
status=0
wait "$cloud" || status=$?
same "the cloud stops when it is asked to" 0 "$status"
