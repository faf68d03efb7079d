"""What one import carries along: who acts, the profile, the keys of the other system, the pipeline, the account."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from guanxi.core.db.bulk import insert_rows
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.project.work.profiles.ledger import Ledger
from guanxi.project.work.profiles.profile import Profile
from guanxi.records.changes import create_record
from guanxi.records.models import ExternalKey
from guanxi.records.queries import visible_records
from guanxi.sales.models import Stage
from guanxi.sales.services.pipelines import create_pipeline

MAX_KEY = 200


class Keys:
    """Which record stands for which key of the other system, by object; read once, then kept up to date."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._known: dict[str, dict[str, UUID]] = {}
        self._living: dict[str, set[UUID]] = {}
        self._natural: dict[tuple[str, str], dict[str, UUID]] = {}

    def find(self, object_name: str, key: str) -> UUID | None:
        """The record of a key, also when it lies in the recycle bin since."""
        return self._of(object_name).get(key[:MAX_KEY])

    def find_living(self, actor: Actor, object_name: str, key: str, by: str = "") -> UUID | None:
        """The record that a reference leads to, or None; `by` names a field instead of the other system's key."""
        if by:
            return self._by(actor, object_name, by).get(key.casefold())
        found = self.find(object_name, key)
        if object_name not in self._living:
            self._living[object_name] = set(_living(actor, object_name).values_list("id", flat=True))
        return found if found in self._living[object_name] else None

    def add(self, object_name: str, pairs: Iterable[tuple[str, UUID]]) -> None:
        """Keep the keys of records that were just made or recognised."""
        new = [(key[:MAX_KEY], record_id) for key, record_id in pairs]
        if not new:
            return
        rows = [ExternalKey(source=self.source, key=key, object=object_name, record_id=found) for key, found in new]
        insert_rows(ExternalKey, rows)
        self._of(object_name).update(new)
        if object_name in self._living:
            self._living[object_name].update(record_id for _key, record_id in new)

    def make(self, actor: Actor, object_name: str, name: str) -> UUID:
        """A new record that has nothing but a name."""
        made: UUID = create_record(actor, object_name, {"name": name}).id
        self._by(actor, object_name, "name")[name.casefold()] = made
        return made

    def _of(self, object_name: str) -> dict[str, UUID]:
        if object_name not in self._known:
            rows = ExternalKey.objects.filter(source=self.source, object=object_name)
            self._known[object_name] = dict(rows.values_list("key", "record_id"))
        return self._known[object_name]

    def _by(self, actor: Actor, object_name: str, field_name: str) -> dict[str, UUID]:
        place = (object_name, field_name)
        if place not in self._natural:
            pairs = _living(actor, object_name).order_by("-id").values_list(field_name, "id")
            self._natural[place] = {str(value).casefold(): key for value, key in pairs if value}
        return self._natural[place]


def _living(actor: Actor, object_name: str) -> Any:
    if object_name == "user":
        return Membership.objects.filter(is_active=True)
    return Team.objects.all() if object_name == "team" else visible_records(actor, object_name)


@dataclass
class Run:
    """One import on its way."""

    actor: Actor
    folder: Path
    profile: Profile
    keys: Keys
    ledger: Ledger = field(default_factory=Ledger)
    stages: dict[str, Stage] = field(default_factory=dict)
    prices: dict[UUID, Any] = field(default_factory=dict)


def prepare_pipeline(run: Run) -> None:
    """Find the profile's pipeline or make it, and learn its stages; call inside the tenant's transaction."""
    wanted = run.profile.pipeline
    if wanted is None:
        return
    found = run.keys.find_living(run.actor, "pipeline", wanted.name)
    if found is None:
        stages = tuple((*stage, None) for stage in wanted.stages)
        found = create_pipeline(run.actor, name=wanted.name, name_zh=wanted.name_zh, stages=stages).id
        made = Stage.objects.filter(pipeline_id=found)
        run.keys.add("pipeline", [(wanted.name, found)])
        run.keys.add("stage", [(f"{wanted.name}/{stage.name}", stage.id) for stage in made])
    names = {run.keys.find("stage", f"{wanted.name}/{stage[0]}"): stage[0] for stage in wanted.stages}
    run.stages = {names[row.id]: row for row in Stage.objects.filter(id__in=[key for key in names if key])}
