"""One turn of a script without a client: python api.py call|list URL COUNT WARM_UP CONCURRENCY"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

task, url, *numbers = sys.argv[1:]
count, warm_up, concurrency = map(int, numbers)
HEADERS = {"Authorization": "Bearer eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJqdGkiOiJ4In0.c2ln"}
PATH = "/v1/organizations/acme/databases"


def once(session):
    if task == "call":
        answer = session.get(f"{url}{PATH}/tenant-00000", headers=HEADERS)
        answer.raise_for_status()
        return answer.json()["database"]["Name"]
    answer = session.get(url + PATH, headers=HEADERS)
    answer.raise_for_status()
    databases = answer.json()["databases"]
    assert len(databases) == 10_000
    return [(database["Name"], database["Hostname"]) for database in databases]


def lane(first, times):
    with requests.Session() as session:
        for _ in range(first, times, concurrency):
            once(session)


def turn(times):
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(lane, range(concurrency), [times] * concurrency))


turn(warm_up)
cpu, started = time.process_time(), time.perf_counter()
turn(count)
wall_ms = (time.perf_counter() - started) * 1000
cpu_ms = (time.process_time() - cpu) * 1000
peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"wall_ms": wall_ms, "cpu_ms": cpu_ms, "peak_kib": peak_kib}))
