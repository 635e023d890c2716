"""Guarantee: the settings of a network become one specification, for a run and for an experiment alike.

The specification holds all that training depends on, and no setting that it does not depend on.
"""

from pipeline.planning.homes import Homes
from pipeline.planning.networks import arguments_of

# The settings that a recipe has under their own names.
PLAIN = ("epochs", "learning_rate", "batch_size", "stop_after_fit")
# The settings that name a home.
CHOSEN = ("update_rule", "schedule", "decayed")


def trained_as(
    network: str, config: dict, homes: Homes, crop: int, regularisers: tuple[str, ...] = ()
) -> tuple[dict, tuple[str, ...]]:
    """How a network of a checked configuration is made and trained, and the modules that do it.

    ``crop`` is the side of the images that it sees.
    """
    # A network's own settings take the place of those for all networks.
    settings = config["training"] | config["networks"][network]
    rule, schedule, decayed = (homes.of(kind)[settings[kind]] for kind in CHOSEN)
    spec = {
        **{key: settings[key] for key in ("factory", "initialisation")},
        "arguments": arguments_of(settings),
        "recipe": {
            **{key: settings[key] for key in PLAIN},
            "update_rule": rule.module,
            "update_options": rule.chosen(settings),
            "schedule": schedule.module,
            "schedule_options": schedule.chosen(settings),
            "decayed": decayed.module,
            "crop": crop,
            "weight_decay": settings["weight_decay"] if "weight_decay" in regularisers else 0.0,
            "random_crop": "random_crop" in regularisers,
            "augmentation": "augmentation" in regularisers,
        },
    }
    factory = settings["factory"].partition(":")[0]
    return spec, (factory, *(home.module for home in (rule, schedule, decayed)))
