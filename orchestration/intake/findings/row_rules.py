"""Rules about a row: what is no data, and values that are shifted.

What belongs here: their words. What does not: where they are applied.
"""

from collections.abc import Mapping

from orchestration.intake.findings.rule import Rule

ROW_RULES: Mapping[str, Rule] = {
    "row_total": Rule(
        "warning",
        "Cette ligne est un total : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Si la ligne est une vraie donnée, remplissez ses autres colonnes.",
        title="Le tableau ne contient pas de ligne de total.",
        why="Un total compté comme une ligne doublerait les chiffres publiés.",
        wrong="TOTAL | | | | 214,3",
        right="Aucune ligne de total",
        is_of_row=True,
    ),
    "row_total_kept": Rule(
        "warning",
        "Cette ligne ressemble à un total ; elle a été prise en compte, car elle porte un identifiant, une date ou une "
        "phase.",
        "Si c’est un total, supprimez la ligne ; si c’est une vraie donnée, il n’y a rien à faire.",
        title="Une ligne dont le nom est celui d’un total, ou le montant une somme, est une vraie donnée.",
        why="Un total compté comme une ligne doublerait les chiffres publiés : vous seul savez ce que c’est.",
        wrong="p-9 | TOTAL | | Déploiement | 214,3",
        right="p-9 | TOTAL ACCÈS | 01/01/2020 | Déploiement | 14,3",
        is_of_row=True,
    ),
    "row_note": Rule(
        "warning",
        "Cette ligne ne contient que du texte (titre, note, légende ou signature) : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Si la ligne est une vraie donnée, remplissez ses autres colonnes.",
        title="Le tableau ne contient ni titre intermédiaire, ni note, ni légende, ni signature.",
        why="Un texte isolé n’est pas une donnée ; nous disons lequel nous avons écarté.",
        wrong="Source : direction des affaires financières, juin 2021",
        right="La note est dans une autre feuille, ou dans la colonne de commentaire.",
        is_of_row=True,
    ),
    "row_name_only": Rule(
        "warning",
        "Cette ligne ne contient qu’un nom : elle a été prise en compte, sans aucune valeur.",
        "Remplissez ses autres colonnes ; si c’est un titre ou une note, supprimez la ligne.",
        title="Une ligne contient plus qu’un nom.",
        why="Un titre intermédiaire ressemble à une donnée sans valeur : nous ne pouvons pas trancher à votre place.",
        wrong="Projets en cours | | | | |",
        right="HORIZON | 01/01/2020 | 4,5 | Déploiement | 42,5",
        is_of_row=True,
    ),
    "row_header": Rule(
        "warning",
        "Cette ligne répète ou complète l’en-tête : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Pour ne plus voir cette remarque, supprimez la ligne.",
        title="L’en-tête n’est ni répété ni suivi d’une ligne d’unités.",
        why="Une ligne d’unités ou un en-tête répété n’est pas une donnée.",
        wrong="(jj/mm/aaaa) | en années | M€, sous l’en-tête",
        right="L’unité est dans l’en-tête : Coût initial (M€)",
        is_of_row=True,
    ),
    "row_shifted": Rule(
        "error",
        "À partir d’ici, les valeurs de la ligne semblent décalées {way} : elles n’ont pas été prises en compte.",
        "{hint}.",
        title="Chaque valeur est sous son en-tête.",
        why="Une cellule en trop ou en moins décale le reste de la ligne : le coût prend la place de la durée.",
        wrong="HORIZON,01/01/2020,4,5,Déploiement (la virgule de 4,5 sépare deux cellules)",
        right='HORIZON,01/01/2020,"4,5",Déploiement',
    ),
    "cells_merged": Rule(
        "warning",
        "Les cellules {range} sont fusionnées : seule la première porte la valeur, les autres ont été lues vides.",
        "Défusionnez-les et répétez la valeur dans chaque cellule où elle s’applique.",
        title="Les cellules du tableau ne sont pas fusionnées.",
        why="Une cellule fusionnée n’a de valeur que dans sa première ligne : les autres lignes sont lues sans elle.",
        wrong="Un ministère fusionné sur trois lignes",
        right="Le ministère répété sur chaque ligne",
    ),
}
