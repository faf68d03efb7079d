"""Words of runs, for pages and for the process alike: this module imports nothing that computes."""

from django.utils.translation import gettext_lazy as _

FEATURES = {
    "spending": (_("spends much"), _("spends little")),
    "frequency": (_("orders often"), _("orders seldom")),
    "discount": (_("large discounts"), _("small discounts")),
    "silence": (_("silent for long"), _("ordered lately")),
    "breadth": (_("many product families"), _("few product families")),
    "service": (_("many contacts per order"), _("few contacts per order")),
    "worth": (_("worth much"), _("worth little")),
    "margin": (_("large margin in the last 12 months"), _("small margin in the last 12 months")),
    "potential": (_("much could be sold besides"), _("little could be sold besides")),
    "cost": (_("costs much to serve"), _("costs little to serve")),
    "staying": (_("likely to stay"), _("likely to leave")),
    "trend": (_("gains value"), _("loses value")),
    "staff": (_("many employees"), _("few employees")),
    "turnover": (_("large turnover"), _("small turnover")),
}
"""What a group of customers is told by: above the average of all, below it."""
STEPS = {
    "extract": _("Bring the warehouse up to date"),
    "frames": _("Purchases and customers as of the day"),
    "rfm": _("Recency, frequency, monetary value"),
    "models": _("Choose and fit the models"),
    "value": _("Value of each customer"),
    "lifecycle": _("Stages of the life cycle"),
    "clusters": _("Groups of customers"),
    "churn": _("Probability of leaving"),
    "events": _("Expected events"),
    "offers": _("What offers lead to"),
    "selling": _("What sells with what"),
    "warnings": _("Early warnings and lines of the timelines"),
    "figures": _("Key figures"),
    "forecast": _("Sales forecast"),
    "evaluate": _("Compare with what happened"),
}

# Models by name, as people know them.
CANDIDATES = {
    "bg-nbd": "BG/NBD",
    "mbg-nbd": "MBG/NBD",
    "pareto-nbd": "Pareto/NBD",
    "nbd": "NBD",
    "bg-bb": "BG/BB",
    "sbg": "sBG",
    "bdw": "BdW",
    "migration": _("Migration"),
}
