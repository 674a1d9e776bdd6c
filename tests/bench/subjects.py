"""What is measured: the store in process, or any server of CouchDB's protocol over HTTP."""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from store.lite import LiteServer
from store.replication import replicate
from store.types import ChangesOptions, Doc, Seq, ViewOptions

NAME, COPY = "bench_store", "bench_copy"


class Subject(Protocol):
    """One database under test and a second one to replicate to; answers are decoded JSON."""

    def __enter__(self) -> "Subject": ...

    def __exit__(self, *error: object) -> None: ...

    def bulk(self, docs: Sequence[Doc]) -> None: ...

    def put(self, doc: Doc) -> None: ...

    def get(self, docid: str) -> Doc: ...

    def view(self, design: str, **options: Any) -> Sequence[Any]: ...

    def index(self, definition: Mapping[str, Any]) -> None: ...

    def find(self, query: Mapping[str, Any]) -> Sequence[Doc]: ...

    def changes(self, since: Seq, limit: int) -> tuple[int, Seq]: ...

    def replicate(self) -> int: ...

    def file_size(self) -> int: ...


class InProcess:
    """The embedded store as the office uses it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> "InProcess":
        self._server = LiteServer(self._directory)
        self._server.create(NAME)
        self._server.create(COPY)
        self._db = self._server.database(NAME)
        return self

    def __exit__(self, *error: object) -> None:
        with closing(self._server):
            self._server.delete(NAME)
            self._server.delete(COPY)

    def bulk(self, docs: Sequence[Doc]) -> None:
        self._db.bulk_docs(docs)

    def put(self, doc: Doc) -> None:
        self._db.put(doc)

    def get(self, docid: str) -> Doc:
        return self._db.get(docid)

    def view(self, design: str, **options: Any) -> Sequence[Any]:
        return list(self._db.view(design, "deals", ViewOptions(**options))["rows"])

    def index(self, definition: Mapping[str, Any]) -> None:
        self._db.create_index(definition)

    def find(self, query: Mapping[str, Any]) -> Sequence[Doc]:
        return list(self._db.find(query)["docs"])

    def changes(self, since: Seq, limit: int) -> tuple[int, Seq]:
        page = self._db.changes(ChangesOptions(since=since, limit=limit))
        return len(page["results"]), page["last_seq"]

    def replicate(self) -> int:
        target = self._server.database(COPY)
        return replicate(self._db, target, replication_id="bench").counts.written

    def file_size(self) -> int:
        return int(self._db.info()["sizes"]["file"])


class OverHttp:
    """A server by its address, `http://user:password@host:port`; one kept connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self._where = (str(parts.hostname), parts.port or 80)
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Content-Type": "application/json",
        }
        self._base = f"http://{pair}@{parts.hostname}:{parts.port}"

    def __enter__(self) -> "OverHttp":
        self._connection = HTTPConnection(*self._where, timeout=600)
        for name in (NAME, COPY):
            self._ask("DELETE", f"/{name}", allowed=(200, 404))
            self._ask("PUT", f"/{name}")
        return self

    def __exit__(self, *error: object) -> None:
        for name in (NAME, COPY):
            self._ask("DELETE", f"/{name}", allowed=(200, 404))
        self._connection.close()

    def bulk(self, docs: Sequence[Doc]) -> None:
        self._ask("POST", f"/{NAME}/_bulk_docs", {"docs": docs})

    def put(self, doc: Doc) -> None:
        self._ask("PUT", f"/{NAME}/{quote(doc['_id'], safe='')}", doc)

    def get(self, docid: str) -> Doc:
        return dict(self._ask("GET", f"/{NAME}/{quote(docid, safe='')}"))

    def view(self, design: str, **options: Any) -> Sequence[Any]:
        query = urlencode({name: json.dumps(value) for name, value in options.items()})
        return list(self._ask("GET", f"/{NAME}/_design/{design}/_view/deals?{query}")["rows"])

    def index(self, definition: Mapping[str, Any]) -> None:
        self._ask("POST", f"/{NAME}/_index", definition)

    def find(self, query: Mapping[str, Any]) -> Sequence[Doc]:
        return list(self._ask("POST", f"/{NAME}/_find", query)["docs"])

    def changes(self, since: Seq, limit: int) -> tuple[int, Seq]:
        query = urlencode({"since": since, "limit": limit})
        page = self._ask("GET", f"/{NAME}/_changes?{query}")
        return len(page["results"]), page["last_seq"]

    def replicate(self) -> int:
        body = {"source": f"{self._base}/{NAME}", "target": f"{self._base}/{COPY}"}
        return int(self._ask("POST", "/_replicate", body)["history"][0]["docs_written"])

    def file_size(self) -> int:
        return int(self._ask("GET", f"/{NAME}")["sizes"]["file"])

    def version(self) -> str:
        return str(self._ask("GET", "/")["version"])

    def _ask(self, method: str, path: str, body: Any = None, allowed: tuple[int, ...] = ()) -> Any:
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        self._connection.request(method, path, data, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300 and response.status not in allowed:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return json.loads(answer)
