"""Over the API of a served demonstration: a quote with Chinese text, sent, and its PDF read back."""

import http.client
import io
import json
from typing import Any

from pypdf import PdfReader

TEXTS = ("华东精密机械有限公司", "高速主轴轴承", "含安装与调试")


class Api:
    """A client with a token."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None, *, status: int) -> bytes:
        """The body of an answer that must have this status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, self.headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status == status, (method, path, answer.status, content[:2000])
        return content

    def json(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """As `call`, the JSON decoded."""
        return json.loads(self.call(method, path, body, status=status))


def read_back_quote(port: int, token: str) -> None:
    """Create an account and a quote for it, send the quote, find every text in its PDF."""
    api = Api(port, token)
    account = api.json("POST", "/accounts", {"name": TEXTS[0]}, status=201)
    quote = api.json("POST", "/quotes", {"name": "主轴", "account": account["id"], "currency": "CNY"}, status=201)
    line = {
        "kind": "product",
        "name": TEXTS[1],
        "name_zh": TEXTS[1],
        "description": TEXTS[2],
        "quantity": "2",
        "list_price": "12800",
        "cost": "6000",
    }
    api.json("POST", f"/quotes/{quote['id']}/lines", {"lines": [line]})
    api.json("POST", f"/quotes/{quote['id']}/send", {"by_mail": False, "language": "zh"})
    files = api.json("GET", f"/quotes/{quote['id']}/files")["data"]
    assert len(files) == 1
    content = api.call("GET", f"/files/{files[0]['id']}/content", status=200)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    for expected in (*TEXTS, "25,600"):
        assert expected in text, text
