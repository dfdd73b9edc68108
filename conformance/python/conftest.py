"""What every test needs: the Platform API of the local cloud, which no Python client of it exists for."""

import itertools
import json
import os
import urllib.request
from dataclasses import dataclass, field

import pytest

BASE = os.environ["TURSO_API_BASEURL"]
ORG = os.environ["TURSO_ORG"]
numbers = itertools.count(1)


@dataclass
class Database:
    name: str
    url: str
    token: str = field(repr=False)
    base: str = BASE

    def token_for(self, **options):
        """Another token for it, as with `authorization="read-only"`."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        return post(f"databases/{self.name}/auth/tokens?{query}", base=self.base)["jwt"]

    def expired_token(self):
        """Another token for it, whose time is over."""
        token = self.token_for(expiration="1s")
        send("PATCH", f"{BASE}/_local/clock", {"advance": "2s"})
        return token


@pytest.fixture
def database():
    return new_database()


@pytest.fixture
def fork():
    """The URL of a cloud of its own, which can be put back to an earlier state."""
    made = send("POST", f"{BASE}/_local/forks", None)
    yield made["url"]
    send("DELETE", f"{BASE}/_local/forks/{made['id']}", None)


def new_database(base=BASE):
    """A new database with the URL of its SQL endpoint and a token for it."""
    name = f"python-{os.getpid()}-{next(numbers)}"
    created = post("databases", {"name": name, "group": "default"}, base)["database"]
    token = post(f"databases/{name}/auth/tokens", base=base)["jwt"]
    return Database(name, f"http://{created['Hostname']}", token, base)


def post(path, body=None, base=BASE):
    return send("POST", f"{base}/v1/organizations/{ORG}/{path}", body)


def send(method, url, body):
    request = urllib.request.Request(
        url,
        method=method,
        data=json.dumps(body).encode() if body else b"",
        headers={"Authorization": f"Bearer {os.environ['TURSO_API_TOKEN']}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "null")
