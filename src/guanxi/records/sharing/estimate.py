"""Which of two shapes a list takes: gather the keys of what is visible, or walk the order of the list and look at each record.

Who sees little would walk past a million records to fill a page; who sees much would gather hundreds of thousands of keys for one. A count that
stops early decides, and is kept for some minutes: both shapes give the same rows, so nothing depends on its being fresh.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from guanxi.identity.actor import Actor
from guanxi.identity.permissions import scope_of, visible_keys
from guanxi.identity.sharing import rules_for
from guanxi.records import registry

FEW = 3000
KEPT = 300.0
MOST = 20_000
_known: "OrderedDict[tuple[Any, ...], tuple[float, bool]]" = OrderedDict()
_lock = Lock()


def sees_few(actor: Actor, object_name: str) -> bool:
    """Whether the actor sees at most some thousand records of the object, deleted ones included. One query at most, now and then."""
    if actor.member_id is None or scope_of(actor, object_name, "view") in ("all", "none"):
        return False
    rules = rules_for(actor, object_name)
    if any(rule.state != "stored" for rule in rules):
        return False
    key = (actor.tenant_id, actor.member_id, object_name, actor.settings_version, actor.sharing_stamp)
    found = _known.get(key)
    if found is not None and time.monotonic() - found[0] < KEPT:
        return found[1]
    model = registry.get(object_name).model
    keys = visible_keys(actor, model, object_name, "view", [rule.grant_id for rule in rules], most=FEW + 1)
    few = keys[: FEW + 1].count() <= FEW
    with _lock:
        _known[key] = (time.monotonic(), few)
        while len(_known) > MOST:
            _known.popitem(last=False)
    return few
