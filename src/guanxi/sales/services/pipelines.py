"""What a new tenant's sales room starts with: a pipeline, its stages, and reasons."""

from typing import Any
from uuid import UUID

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, create_record
from guanxi.sales.models import Pipeline

# name, name in Chinese, category, probability, usual days
DEFAULT_STAGES = (
    ("Prospecting", "初步接洽", "open", 10, 14),
    ("Qualification", "需求确认", "open", 20, 12),
    ("Needs Analysis", "方案", "open", 30, 21),
    ("Proposal", "报价", "open", 50, 21),
    ("Negotiation", "谈判", "open", 80, 21),
    ("Closed Won", "赢单", "won", 100, None),
    ("Closed Lost", "输单", "lost", 0, None),
)
DEFAULT_REASONS = {
    "won": (
        ("Best solution", "方案最优"),
        ("Price", "价格"),
        ("Relationship", "客户关系"),
        ("Service", "服务"),
        ("Delivery time", "交期"),
        ("Other", "其他"),
    ),
    "lost": (
        ("Price", "价格"),
        ("Competitor's product", "竞争对手产品"),
        ("No budget", "无预算"),
        ("No decision", "客户未决策"),
        ("Delivery time", "交期"),
        ("Requirements not met", "需求不满足"),
        ("Lost contact", "失去联系"),
        ("Other", "其他"),
    ),
    "unqualified": (
        ("No need", "无需求"),
        ("No budget", "无预算"),
        ("Wrong contact data", "联系方式有误"),
        ("Not reachable", "无法联系"),
        ("Duplicate", "重复线索"),
        ("Other", "其他"),
    ),
}


def set_up_tenant(actor: Actor, *, language: str) -> None:
    """The default pipeline with its stages, and reasons for won, lost and unqualified."""
    chinese = language.startswith("zh")
    with tenant_tx(actor.tenant_id):
        name = "直销" if chinese else "Direct sales"
        create_pipeline(actor, name=name, name_zh="直销", stages=DEFAULT_STAGES, is_default=True, chinese=chinese)
        reasons = [
            {"kind": kind, "name": label_zh if chinese else label, "name_zh": label_zh, "position": position}
            for kind, labels in DEFAULT_REASONS.items()
            for position, (label, label_zh) in enumerate(labels)
        ]
        change_records(actor, "reason", [Create(values) for values in reasons])


def create_pipeline(
    actor: Actor,
    *,
    name: str,
    name_zh: str = "",
    stages: tuple[tuple[str, str, str, int, int | None], ...] = DEFAULT_STAGES,
    is_default: bool = False,
    chinese: bool = False,
) -> Pipeline:
    """A pipeline with its stages: each (name, name in Chinese, category, probability, usual days), in order."""
    with tenant_tx(actor.tenant_id):
        values = {"name": name, "name_zh": name_zh, "is_default": is_default}
        pipeline: Pipeline = create_record(actor, "pipeline", values)
        rows = [_stage(pipeline.id, position, stage, chinese) for position, stage in enumerate(stages)]
        change_records(actor, "stage", [Create(row) for row in rows])
        return pipeline


def _stage(
    pipeline_id: UUID, position: int, stage: tuple[str, str, str, int, int | None], chinese: bool
) -> dict[str, Any]:
    name, name_zh, category, probability, usual_days = stage
    return {
        "pipeline": pipeline_id,
        "name": (name_zh or name) if chinese else name,
        "name_zh": name_zh,
        "category": category,
        "probability": probability,
        "position": position,
        "usual_days": usual_days,
    }
