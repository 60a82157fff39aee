"""Rules beside the previous edition: what changed more than is likely, or is gone.

What belongs here: their words. What does not: where they are applied.
"""

from collections.abc import Mapping

from orchestration.intake.findings.rule import Rule

_REAL_CHANGE = " Si le changement est réel, il n’y a rien à corriger : dites pourquoi dans le commentaire sur l’écart."

PREVIOUS_EDITION_RULES: Mapping[str, Rule] = {
    "previous_file_again": Rule(
        "warning",
        "Ce fichier est exactement celui que vous avez déposé pour l’édition {edition}.",
        "Vérifiez que c’est le bon fichier et le bon dossier ; si rien n’a changé en six mois, il n’y a rien à faire.",
        title="Le fichier n’est pas celui d’une édition passée.",
        why="Un ancien fichier déposé par mégarde ferait croire que rien n’a bougé.",
        wrong="Le fichier de 2021-S1 dans le dossier 2021-S2",
        right="Le fichier de 2021-S2",
    ),
    "previous_cost_thousandfold": Rule(
        "warning",
        "Dans l’édition {edition}, ce coût était de {before} : il est maintenant de {after}, soit {times}.",
        "Vérifiez l’unité : le coût se déclare en millions d’euros, non en milliers d’euros." + _REAL_CHANGE,
        title="Un coût n’est pas multiplié ou divisé par mille d’une édition à l’autre.",
        why="Un facteur mille est presque toujours une erreur d’unité : des k€ pour des M€.",
        wrong="42,5 puis 42 500",
        right="42,5 puis 42,5",
    ),
    "previous_cost_tenfold": Rule(
        "warning",
        "Dans l’édition {edition}, ce coût était de {before} : il est maintenant de {after}, soit {times}.",
        "Vérifiez la virgule et le nombre de zéros." + _REAL_CHANGE,
        title="Un coût n’est pas multiplié ou divisé par dix d’une édition à l’autre.",
        why="Un facteur dix est souvent une virgule oubliée ou déplacée.",
        wrong="42,5 puis 425",
        right="42,5 puis 42,5",
    ),
    "previous_duration_unit": Rule(
        "warning",
        "Dans l’édition {edition}, cette durée était de {before} : elle est maintenant de {after}, soit {times}.",
        "Vérifiez l’unité : la durée se déclare en années, non en mois ni en jours." + _REAL_CHANGE,
        title="Une durée garde son unité d’une édition à l’autre.",
        why="Une durée douze fois plus longue est presque toujours une durée en mois.",
        wrong="4,5 puis 54",
        right="4,5 puis 4,5",
    ),
    "previous_volume_tenfold": Rule(
        "warning",
        "Dans l’édition {edition}, ce volume était de {before} : il est maintenant de {after}, soit {times}.",
        "Vérifiez le nombre de zéros et la période : le volume est celui d’une année entière.",
        title="Un volume n’est pas multiplié ou divisé par dix d’une édition à l’autre.",
        why="Un volume dix fois plus grand change le classement des démarches.",
        wrong="220 000 puis 2 200 000",
        right="220 000 puis 225 000",
    ),
    "previous_baseline_changed": Rule(
        "warning",
        "Dans l’édition {edition}, cette valeur de référence était « {before} ».",
        "Rétablissez-la si c’est une erreur ; sinon, dites pourquoi dans le commentaire sur l’écart. La référence "
        "d’origine est conservée et le changement est signalé.",
        title="Le début, le coût initial et la durée initiale ne changent pas.",
        why="La référence est celle du lancement : la réécrire ferait disparaître le glissement.",
        wrong="Coût initial : 42,5 puis 60",
        right="Coût initial : 42,5 puis 42,5",
    ),
    "previous_figure_withdrawn": Rule(
        "warning",
        "Dans l’édition {edition}, cette valeur était connue : {before}. Elle ne l’est plus.",
        "Si elle n’a pas changé, reprenez-la ; si elle est remise en cause, dites pourquoi dans le commentaire.",
        title="Un coût ou une durée connus le restent.",
        why="Un chiffre retiré fait baisser le total publié et lève une alerte.",
        wrong="42,5 puis (vide)",
        right="42,5 puis 43,1",
    ),
    "previous_name_close": Rule(
        "warning",
        "Ce nom n’est pas connu ; il ressemble à « {before} », de l’édition {edition}, qui n’est plus déclaré "
        "(ressemblance {score} %).",
        "Si c’est le même, reprenez l’ancien nom ou l’identifiant, ou signalez le nouveau nom pour qu’il soit "
        "rattaché ; sinon, il n’y a rien à faire. Rien n’est rattaché sans vous.",
        title="Un projet ou une démarche garde son nom d’une édition à l’autre.",
        why="Sous un nouveau nom, il passerait pour un entrant, et l’ancien pour un sortant.",
        wrong="SIRENA Cycle 1 puis SIRENA",
        right="SIRENA puis SIRENA",
    ),
    "previous_id_unknown": Rule(
        "warning",
        "Cet identifiant n’est pas connu ; dans l’édition {edition}, « {name} » avait l’identifiant {before}.",
        "Reprenez l’ancien identifiant : il ne change jamais, même si le nom change.",
        title="Un projet ou une démarche garde son identifiant d’une édition à l’autre.",
        why="L’identifiant relie les éditions : en changer peut couper l’historique.",
        wrong="sirh-2020 puis sirh-2021",
        right="sirh-2020 puis sirh-2020",
    ),
    "previous_id_moved": Rule(
        "warning",
        "Dans l’édition {edition}, cet identifiant était celui de « {name} », qui figure ici sous un autre.",
        "Reprenez pour chacun l’identifiant qu’il avait : c’est l’identifiant, et non le nom, qui relie les éditions.",
        title="Un identifiant ne passe pas d’un projet ou d’une démarche à l’autre.",
        why="Des numéros de ligne se décalent à la première insertion : chacun prend le passé d’un autre.",
        wrong="1 HORIZON puis 1 LUMEN, 2 HORIZON",
        right="1 HORIZON puis 1 HORIZON, 2 LUMEN",
    ),
    "previous_id_missing": Rule(
        "warning",
        "L’identifiant manque ; dans l’édition {edition}, « {name} » avait l’identifiant {before}.",
        "Ajoutez cet identifiant dans la colonne « {column} ».",
        title="Un projet ou une démarche garde son identifiant, une fois donné.",
        why="L’identifiant relie les éditions, même si le nom change : sans lui, seul le nom les relie.",
        wrong="sirh-2020 puis (vide)",
        right="sirh-2020 puis sirh-2020",
    ),
    "previous_rows_absent": Rule(
        "warning",
        "Déclarés dans l’édition {edition} et absents de ce fichier ({count}) : {names}.",
        "Si c’est un oubli, complétez le fichier. Sinon, {leaving}.",
        title="Ce qui était déclaré dans l’édition précédente l’est encore, ou sa sortie est expliquée.",
        why="Un projet qui disparaît sans un mot est signalé comme silencieux.",
        wrong="HORIZON en 2021-S1, plus rien en 2021-S2",
        right="HORIZON en 2021-S2, motif de sortie : Projet terminé",
    ),
}
