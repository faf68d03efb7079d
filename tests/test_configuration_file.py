"""`guanxi configuration`: a company's configuration from and to a file."""

import orjson

from guanxi.identity.models import Tenant
from guanxi.project.work.configuration import exported, imported


def test_the_command_line(tenant: Tenant) -> None:
    text = exported(tenant="polaris")
    assert imported(tenant="polaris", text=text, dry=False, remove=True, only=None) == [
        '{"added":0,"changed":0,"removed":0}'
    ]
    found = orjson.loads(text)
    found["parts"]["reasons"]["lost/Colour"] = {"name": "Colour", "kind": "lost"}
    text = orjson.dumps(found).decode()
    for dry in (True, False):
        lines = imported(tenant="polaris", text=text, dry=dry, remove=False, only=None)
        assert lines == ["added\treasons:lost/Colour", '{"added":1,"changed":0,"removed":0}']
    assert imported(tenant="polaris", text=text, dry=True, remove=False, only=None) == [
        '{"added":0,"changed":0,"removed":0}'
    ]
