"""Whether the roadmap may be published: one action, one perimeter that answers for it, one place in time."""

from expectations.rule import Rule, Suite, between, present

ROADMAP = Suite(
    "roadmap",
    keys=("edition", "action_id"),
    rules=(
        Rule(
            "roadmap_action_filed_once",
            "perimeters_filing",
            between("perimeters_filing", 1, 1),
            "Une action n’est déposée que par un périmètre ; de plusieurs, seule la dernière remontée compte.",
            "Demandez aux périmètres lequel répond de l’action, ou de donner deux identifiants à deux actions.",
            severity="warning",
        ),
        Rule(
            "roadmap_mission_present",
            "mission",
            present("mission"),
            "Chaque action de la feuille de route contribue à une mission.",
            "Demandez au périmètre la mission de l’action : elle n’est comptée dans aucune.",
            severity="warning",
        ),
    ),
)
