"""The rules of intake: one entry per id, what is expected, how to mend it, why, and an example, in French (SPEC §6).

What belongs here: the words of the findings that intake itself makes, and of the catalogue of rules. What does not: the
rules on values, which are expectations (`expectations/submissions`), and where a rule is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestration.intake.findings.finding import Finding, Severity

RULES_VERSION = "1.1.0"


@dataclass(frozen=True)
class Rule:
    """One rule; `expected` and `remedy` may hold `{placeholders}` that the place of use fills.

    The catalogue shows `title` (what is expected, in general), `why`, and an example, `wrong` then `right`.
    """

    severity: Severity
    expected: str
    remedy: str
    title: str = field(default="", kw_only=True)
    why: str = field(default="", kw_only=True)
    wrong: str = field(default="", kw_only=True)
    right: str = field(default="", kw_only=True)

    def finding(self, rule_id: str, words: Mapping[str, object] | None = None, **where: object) -> Finding:
        """Make the finding of this rule: `words` fill the sentences, `where` is the sheet, cell, row, value."""
        filled = words or {}
        return Finding(
            rule=rule_id,
            severity=self.severity,
            expected=self.expected.format(**filled),
            remedy=self.remedy.format(**filled),
            **where,  # type: ignore[arg-type]
        )


_SAVE_AS = "Ouvrez-le dans Excel ou LibreOffice, puis enregistrez-le au format « {format} » et déposez-le de nouveau."
_XLSX = _SAVE_AS.format(format="Classeur Excel (.xlsx)")

FILE_RULES: dict[str, Rule] = {
    "place_unknown": Rule(
        "error",
        "Un fichier se dépose dans un dossier <édition>/<périmètre>, par exemple 2021-S2/MI.",
        "Déplacez-le dans le dossier de votre périmètre ; les périmètres sont {perimeters}.",
        title="Un fichier se dépose dans le dossier d’une édition et d’un périmètre connus.",
        why="Le dossier dit de quelle édition et de quel ministère il s’agit : c’est lui que protègent les droits.",
        wrong="2021-S3/MI/remontee.xlsx",
        right="2021-S2/MI/remontee.xlsx",
    ),
    "reading_failed": Rule(
        "error",
        "Le fichier n’a pas pu être lu à cause d’un défaut de notre outil, et non du vôtre.",
        "Vos données sont conservées et l’équipe de Jalons est prévenue ; vous n’avez rien à faire.",
        title="Notre outil lit tous les fichiers qu’il reçoit.",
        why="Un défaut de notre côté ne doit jamais passer pour une erreur du vôtre.",
        wrong="Un fichier qui met notre outil en défaut.",
        right="Le même fichier, relu dès que l’outil est réparé.",
    ),
    "not_a_file": Rule(
        "error",
        "Ce dépôt n’est pas un fichier que l’on peut ouvrir : c’est un lien, un dossier, un fichier interdit de "
        "lecture, ou son nom contient des caractères illisibles.",
        "Déposez le fichier lui-même, sous un nom fait de lettres, de chiffres et de tirets.",
        title="Un dépôt est un fichier ordinaire, dont le nom se lit.",
        why="Suivre un lien, c’est lire autre chose que ce que vous avez déposé : nous n’en suivons aucun.",
        wrong="remontee.csv, qui est un raccourci vers un autre dossier",
        right="remontee.csv, le fichier lui-même",
    ),
    "file_empty": Rule(
        "error",
        "Le fichier est vide.",
        "Vérifiez le fichier et déposez-le de nouveau.",
        title="Le fichier contient un tableau.",
        why="Un fichier vide vient souvent d’un enregistrement ou d’un envoi interrompu.",
        wrong="remontee.csv (0 octet)",
        right="remontee.csv (12 ko)",
    ),
    "file_too_large": Rule(
        "error",
        "Le fichier dépasse {limit} : il ne peut pas être lu.",
        "Retirez les feuilles, images, lignes et colonnes qui ne font pas partie de la remontée ; une cellule oubliée "
        "loin du tableau suffit à l’agrandir.",
        title="Le fichier reste d’une taille raisonnable.",
        why="Une remontée pèse quelques dizaines de kilo-octets ; bien au-delà, le fichier contient autre chose.",
        wrong="remontee.xlsx (120 Mo, avec des images)",
        right="remontee.xlsx (60 ko, le tableau seul)",
    ),
    "format_xls": Rule(
        "error",
        "Le fichier est à l’ancien format Excel (.xls), qui n’est pas accepté.",
        _XLSX,
        title="Un classeur Excel est au format .xlsx.",
        why="L’ancien format .xls peut cacher des macros et se lit mal hors d’Excel.",
        wrong="remontee.xls",
        right="remontee.xlsx",
    ),
    "format_xlsm": Rule(
        "error",
        "Le classeur contient des macros (.xlsm), qui ne sont pas acceptées.",
        _XLSX,
        title="Le classeur ne contient pas de macros.",
        why="Une macro est un programme : nous n’en recevons aucun.",
        wrong="remontee.xlsm",
        right="remontee.xlsx",
    ),
    "format_pdf": Rule(
        "error",
        "Le fichier est un PDF, qui ne peut pas être lu comme un tableau.",
        "Déposez le tableau d’origine, au format .xlsx, .ods ou .csv.",
        title="Le fichier est un tableur, pas un PDF.",
        why="Un PDF est une image de page : ses cellules ne peuvent pas être relues sans risque d’erreur.",
        wrong="remontee.pdf",
        right="remontee.xlsx",
    ),
    "format_encrypted": Rule(
        "error",
        "Le fichier est protégé par un mot de passe.",
        "Enregistrez-le sans mot de passe et déposez-le de nouveau.",
        title="Le fichier s’ouvre sans mot de passe.",
        why="Le dossier de dépôt est déjà réservé à votre périmètre, et nous ne détenons aucun mot de passe.",
        wrong="remontee.xlsx, chiffré",
        right="remontee.xlsx, sans mot de passe",
    ),
    "format_html": Rule(
        "error",
        "Le fichier est une page web (HTML) et non un tableur, quel que soit son nom.",
        _XLSX,
        title="Le fichier est un tableur, pas une page web.",
        why="Certaines applications exportent une page web sous le nom d’un classeur ; Excel l’ouvre tout de même.",
        wrong="export.xls qui commence par <html>",
        right="export.xlsx, enregistré depuis Excel",
    ),
    "format_unknown": Rule(
        "error",
        "Le format du fichier n’est pas reconnu.",
        "Déposez un fichier .xlsx, .ods, .csv, .tsv ou .json.",
        title="Le fichier est au format .xlsx, .ods, .csv, .tsv ou .json.",
        why="C’est le contenu qui décide, pas le nom : une photo nommée .xlsx reste une photo.",
        wrong="remontee.docx",
        right="remontee.ods",
    ),
    "file_damaged": Rule(
        "error",
        "Le fichier est abîmé : il ne peut pas être ouvert.",
        "Ouvrez-le sur votre poste, enregistrez-le de nouveau et déposez la nouvelle version.",
        title="Le fichier est entier.",
        why="Un envoi coupé en route laisse un fichier que personne ne peut ouvrir.",
        wrong="remontee.xlsx, tronqué à la moitié",
        right="remontee.xlsx, complet",
    ),
    "cell_too_long": Rule(
        "error",
        "Une cellule contient plus de {limit} caractères ({where}) : le fichier ne peut pas être lu.",
        "Raccourcissez-la ; dans un fichier CSV, vérifiez aussi que chaque guillemet ouvert est refermé.",
        title="Une cellule contient au plus 32 767 caractères, comme dans Excel.",
        why="Une cellule aussi longue vient presque toujours d’un guillemet oublié, qui avale la suite du fichier.",
        wrong='"HORIZON;Ministère de l’Intérieur;…, jusqu’à la fin du fichier',
        right='"HORIZON";Ministère de l’Intérieur;…',
    ),
    "quote_unclosed": Rule(
        "error",
        'Un guillemet droit (") ouvert à la ligne {row} n’est jamais refermé : la suite ne peut pas être lue.',
        "Refermez-le ou retirez-le ; le plus sûr est d’enregistrer le tableau au format .xlsx depuis un tableur.",
        title="Dans un fichier CSV, chaque guillemet ouvert est refermé.",
        why="Tout ce qui suit un guillemet ouvert, lignes suivantes comprises, est pris pour une seule cellule.",
        wrong='"HORIZON;42,5',
        right='"HORIZON";42,5',
    ),
    "json_not_records": Rule(
        "error",
        "Un fichier JSON doit être une liste d’objets, un par ligne du tableau.",
        "Exportez les données sous cette forme.",
        title="Un fichier JSON est une liste d’objets.",
        why="Chaque objet est une ligne, chaque clé un en-tête : c’est ainsi qu’il se lit comme un tableau.",
        wrong='{"Projet": "HORIZON"}',
        right='[{"Projet": "HORIZON", "Coût estimé": 42.5}]',
    ),
}

LAYOUT_RULES: dict[str, Rule] = {
    "header_unknown": Rule(
        "error",
        "La ligne d’en-tête n’est pas reconnue : ce n’est pas un tableau de projets, de démarches, d’actions ou "
        "d’indicateurs.",
        "Vérifiez que c’est le bon fichier ; si oui, reprenez les en-têtes du modèle sans les modifier, par exemple "
        "Nom du projet, Début, Phase du projet en cours.",
        title="Le tableau commence par une ligne d’en-tête connue.",
        why="Ce sont les en-têtes qui disent ce que contient chaque colonne, où qu’elle soit.",
        wrong="Logiciel | Éditeur | Postes",
        right="Nom du projet | Début | Durée actualisée (années) | …",
    ),
    "header_on_two_rows": Rule(
        "warning",
        "L’en-tête tient sur deux lignes ({rows}) ; elles ont été lues ensemble.",
        "Écrivez chaque en-tête dans une seule cellule, comme dans le modèle.",
        title="L’en-tête tient sur une seule ligne.",
        why="Avec deux lignes, une colonne peut être prise pour une autre.",
        wrong="« Coût » au-dessus de « initial (M€) »",
        right="Coût initial (M€)",
    ),
    "column_missing": Rule(
        "error",
        "La colonne « {title} » est obligatoire et n’a pas été trouvée.",
        "{hint} avec cet en-tête exact ; {cells}.",
        title="Toutes les colonnes obligatoires sont là.",
        why="Sans elle, nous ne saurions pas distinguer une valeur inconnue d’une colonne oubliée.",
        wrong="Un tableau de projets sans « Phase du projet en cours »",
        right="La colonne est là, même si des cellules sont vides.",
    ),
    "findings_too_many": Rule(
        "error",
        "Plus de {limit} cellules sont illisibles ou à vérifier : {columns}.",
        "Une colonne entière est sans doute mal remplie : corrigez-la d’un bloc, puis déposez de nouveau le fichier.",
        title="Un fichier compte au plus 5 000 points à corriger ou à vérifier.",
        why="Au-delà, c’est une colonne entière qui est mal remplie : la liste de ses cellules n’aiderait personne.",
        wrong="6 000 lignes dont la date de début est toujours « bientôt »",
        right="Les mêmes lignes, chacune avec sa date",
    ),
    "column_twice": Rule(
        "error",
        "Deux colonnes disent la même chose (« {title} ») : {headers}.",
        "Gardez-en une seule.",
        title="Chaque information n’a qu’une colonne.",
        why="Si les deux se contredisent, nous ne pouvons pas choisir à votre place.",
        wrong="Coût estimé | Coût complet estimé",
        right="Coût complet estimé",
    ),
    "columns_swapped": Rule(
        "error",
        "Les colonnes {first} et {second} semblent inversées : chacune contient ce qui est attendu dans l’autre.",
        "Échangez les deux en-têtes, ou les valeurs des deux colonnes.",
        title="Chaque en-tête est au-dessus de ses propres valeurs.",
        why="Une colonne déplacée sans son en-tête rendrait toutes ses valeurs fausses ou illisibles.",
        wrong="Sous « Début » : 42,5 ; sous « Coût estimé » : 01/01/2020",
        right="Sous « Début » : 01/01/2020 ; sous « Coût estimé » : 42,5",
    ),
    "cost_and_duration_swapped": Rule(
        "warning",
        "Les colonnes {first} et {second} semblent inversées : {reason}.",
        "Vérifiez que chaque en-tête est au-dessus de ses valeurs : le coût en millions d’euros, la durée en années.",
        title="Les coûts et les durées ne sont pas intervertis.",
        why="Les deux sont des nombres : rien d’autre que leur taille ne trahit l’inversion.",
        wrong="Coût : 4,5 ; durée : 118",
        right="Coût : 118 ; durée : 4,5",
    ),
    "costs_in_thousands": Rule(
        "warning",
        "La colonne {column} semble saisie en {unit} : ses valeurs vont de {low} à {high}.",
        "Le coût se déclare en millions d’euros : divisez la colonne par {factor}.",
        title="Les coûts sont en millions d’euros.",
        why="Un coût en milliers d’euros est publié mille fois trop grand.",
        wrong="12500 (milliers d’euros)",
        right="12,5",
    ),
    "durations_not_in_years": Rule(
        "warning",
        "La colonne {column} semble saisie en {unit} : ses valeurs vont de {low} à {high}.",
        "La durée se déclare en années : divisez la colonne par {factor}.",
        title="Les durées sont en années.",
        why="Une durée en mois est publiée douze fois trop longue.",
        wrong="54 (mois)",
        right="4,5",
    ),
    "column_nameless": Rule(
        "warning",
        "La colonne {letters} contient des valeurs mais n’a pas d’en-tête : elle n’a pas été lue.",
        "Donnez-lui l’en-tête du modèle qui convient, ou videz-la.",
        title="Une colonne remplie a un en-tête.",
        why="Sans en-tête, rien ne dit ce que ces valeurs signifient.",
        wrong="Une colonne de coûts sous une cellule vide",
        right="Coût complet actualisé (M€)",
    ),
    "column_unknown": Rule(
        "warning",
        "{headers} : en-tête inconnu, colonne non lue.",
        "{hint}Si la colonne est pour votre usage, il n’y a rien à faire ; sinon, reprenez l’en-tête exact du modèle.",
        title="Les en-têtes sont ceux du modèle.",
        why="Une colonne dont l’en-tête est inconnu n’est ni contrôlée ni publiée.",
        wrong="Montant estimatif",
        right="Coût complet actualisé (M€)",
    ),
    "rows_missing": Rule(
        "error",
        "Le tableau ne contient aucune ligne sous son en-tête.",
        "Ajoutez vos lignes ; si vous n’avez rien à déclarer, écrivez NÉANT dans la première cellule sous l’en-tête.",
        title="Le tableau contient au moins une ligne, ou le mot NÉANT.",
        why="Un tableau vide peut être un oubli : NÉANT dit que c’est voulu.",
        wrong="Un en-tête seul",
        right="NÉANT",
    ),
    "sheets_several": Rule(
        "warning",
        "Le classeur contient plusieurs tableaux : seule la feuille « {read} » a été lue, et non {others}.",
        "Si une autre feuille est la bonne, déposez-la seule ; sinon, il n’y a rien à faire.",
        title="Le classeur ne contient qu’un tableau.",
        why="Une remontée compte un seul tableau ; nous disons lequel nous avons pris.",
        wrong="Feuilles « 2021-S1 » et « 2021-S2 »",
        right="Feuille « 2021-S2 »",
    ),
    "sheet_hidden": Rule(
        "warning",
        "La feuille « {read} », qui a été lue, est masquée.",
        "Affichez-la et vérifiez que c’est bien la remontée ; supprimez les feuilles qui n’en font pas partie.",
        title="La feuille lue est visible.",
        why="Une feuille masquée est souvent une ancienne version que plus personne ne regarde.",
        wrong="Une remontée dans une feuille masquée",
        right="Une remontée dans une feuille visible",
    ),
    "filter_active": Rule(
        "warning",
        "Un filtre masque des lignes ({rows}) : elles ont été lues et comptent comme les autres.",
        "Retirez le filtre, vérifiez ces lignes et supprimez celles qui n’en font pas partie.",
        title="Aucun filtre ne masque de lignes.",
        why="Un filtre cache des lignes sans les retirer : elles comptent, alors que vous ne les voyez pas.",
        wrong="Un filtre sur « Phase » qui ne montre que trois lignes",
        right="Toutes les lignes affichées",
    ),
    "rows_hidden": Rule(
        "warning",
        "Des lignes sont masquées ({rows}) : elles ont été lues et comptent comme les autres.",
        "Affichez-les et vérifiez-les ; supprimez celles qui n’en font pas partie.",
        title="Aucune ligne n’est masquée.",
        why="Une ligne masquée compte comme les autres, alors que vous ne la voyez pas.",
        wrong="Les lignes 5 à 7 masquées",
        right="Toutes les lignes affichées",
    ),
}

ROW_RULES: dict[str, Rule] = {
    "row_total": Rule(
        "warning",
        "Cette ligne est un total : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Si la ligne est une vraie donnée, remplissez ses autres colonnes.",
        title="Le tableau ne contient pas de ligne de total.",
        why="Un total compté comme une ligne doublerait les chiffres publiés.",
        wrong="TOTAL | | | | 214,3",
        right="Aucune ligne de total",
    ),
    "row_note": Rule(
        "warning",
        "Cette ligne ne contient qu’un texte isolé (titre, note ou source) : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Si la ligne est une vraie donnée, remplissez ses autres colonnes.",
        title="Le tableau ne contient ni titre intermédiaire, ni note, ni source.",
        why="Un texte isolé n’est pas une donnée ; nous disons lequel nous avons écarté.",
        wrong="Source : direction des affaires financières, juin 2021",
        right="La note est dans une autre feuille, ou dans la colonne de commentaire.",
    ),
    "row_name_only": Rule(
        "warning",
        "Cette ligne ne contient qu’un nom : elle a été prise en compte, sans aucune valeur.",
        "Remplissez ses autres colonnes ; si c’est un titre ou une note, supprimez la ligne.",
        title="Une ligne contient plus qu’un nom.",
        why="Un titre intermédiaire ressemble à une donnée sans valeur : nous ne pouvons pas trancher à votre place.",
        wrong="Projets en cours | | | | |",
        right="HORIZON | 01/01/2020 | 4,5 | Déploiement | 42,5",
    ),
    "row_header": Rule(
        "warning",
        "Cette ligne répète ou complète l’en-tête : elle n’a pas été prise en compte.",
        "Il n’y a rien à faire. Pour ne plus voir cette remarque, supprimez la ligne.",
        title="L’en-tête n’est ni répété ni suivi d’une ligne d’unités.",
        why="Une ligne d’unités ou un en-tête répété n’est pas une donnée.",
        wrong="(jj/mm/aaaa) | en années | M€, sous l’en-tête",
        right="L’unité est dans l’en-tête : Coût initial (M€)",
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

CELL_RULES: dict[str, Rule] = {
    "cell_unreadable_number": Rule(
        "error",
        "Un nombre est attendu{unit}.",
        "Écrivez un nombre seul, par exemple {example}, ou laissez la cellule vide.",
        title="Une cellule de nombre ne contient qu’un nombre.",
        why="Un texte à la place d’un nombre ne peut pas être additionné : la valeur serait perdue.",
        wrong="environ 40",
        right="40",
    ),
    "cell_number_too_large": Rule(
        "error",
        "Un nombre aussi grand n’est pas attendu{unit}.",
        "Vérifiez l’unité et les séparateurs, puis écrivez un nombre seul, par exemple {example}.",
        title="Un nombre reste de l’ordre de ce que la colonne mesure.",
        why="Un nombre démesuré vient d’une unité ou d’un séparateur pris pour un autre.",
        wrong="42500000000000000",
        right="42,5",
    ),
    "cell_unreadable_date": Rule(
        "error",
        "Une date est attendue.",
        "Écrivez par exemple 01/01/2017, juillet 2017 ou S1 2026, ou laissez la cellule vide.",
        title="Une cellule de date contient une date qui existe.",
        why="La fin prévue se calcule à partir du début : une date illisible la fait perdre.",
        wrong="courant 2017",
        right="juillet 2017",
    ),
    "cell_unreadable_edition": Rule(
        "error",
        "Une édition est attendue : une année et un semestre.",
        "Écrivez par exemple 2021-S1, ou laissez la cellule vide.",
        title="Une cellule d’édition contient une année et un semestre.",
        why="Les actions et les indicateurs se suivent d’une édition à l’autre.",
        wrong="printemps 2021",
        right="2021-S1",
    ),
    "cell_unreadable_yes_no": Rule(
        "error",
        "« Oui » ou « Non » est attendu.",
        "Écrivez Oui ou Non.",
        title="Une cellule Oui/Non contient Oui ou Non.",
        why="Toute autre réponse obligerait à deviner.",
        wrong="en partie",
        right="Non",
    ),
    "cell_unknown_word": Rule(
        "error",
        "L’un de ces mots est attendu : {words}.",
        "Choisissez le mot qui convient, sans rien y ajouter.",
        title="Une cellule à liste contient l’un des mots de la liste.",
        why="Un mot inconnu ne peut être classé ni compté.",
        wrong="Presque terminé",
        right="Déploiement",
    ),
    "cell_not_url": Rule(
        "warning",
        "Une adresse web est attendue ; cette valeur ne sera pas publiée.",
        "Écrivez une adresse qui commence par https://, ou ne mettez rien.",
        title="Une cellule de lien contient une adresse web.",
        why="Le lien est publié tel quel : le lecteur doit pouvoir le suivre.",
        wrong="voir intranet",
        right="https://www.exemple.gouv.fr/projet",
    ),
    "cell_formula_error": Rule(
        "error",
        "Une formule a échoué : la cellule ne contient pas de valeur.",
        "Corrigez la formule, ou remplacez-la par sa valeur.",
        title="Aucune cellule ne contient une erreur de formule.",
        why="#REF! ou #N/A disent que le tableur n’a pas su calculer, pas que la valeur est inconnue.",
        wrong="#REF!",
        right="42,5",
    ),
    "formula_without_value": Rule(
        "warning",
        "La cellule contient une formule qui n’a jamais été calculée : elle a été lue vide.",
        "Ouvrez le classeur dans Excel ou LibreOffice, laissez-le calculer, enregistrez et déposez-le de nouveau.",
        title="Les formules ont été calculées avant l’envoi.",
        why="Nous lisons la valeur enregistrée d’une formule, nous ne la recalculons jamais.",
        wrong="=E5*1,2 produit par un outil qui ne calcule pas",
        right="=E5*1,2 enregistré par Excel, ou la valeur 14,4",
    ),
    "formula_external": Rule(
        "warning",
        "La valeur vient d’un autre classeur, que nous n’ouvrons jamais : c’est la dernière enregistrée qui a été lue.",
        "Vérifiez la valeur, et remplacez la formule par elle (collage spécial, valeurs).",
        title="Les valeurs ne viennent pas d’un autre classeur.",
        why="Un lien vers un autre classeur peut garder une vieille valeur sans que personne le voie.",
        wrong="='[budget.xlsx]2021'!F5",
        right="42,5",
    ),
    "cell_auto_date": Rule(
        "error",
        "Un nombre est attendu{unit} ; la cellule contient une date{hint}.",
        "Mettez la cellule au format Nombre, puis saisissez de nouveau la valeur, avec une virgule.",
        title="Aucun nombre n’a été transformé en date.",
        why="Excel prend « 3.5 » pour le 3 mai : le nombre d’origine est perdu.",
        wrong="03/05/2021 (« 3.5 » devenu une date)",
        right="3,5",
    ),
    "name_auto_date": Rule(
        "error",
        "Un nom ou un identifiant est attendu ; la cellule contient une date.",
        "Mettez la cellule au format Texte, puis saisissez de nouveau le nom ou l’identifiant.",
        title="Aucun nom n’a été transformé en date.",
        why="Excel prend « SEPT-21 » pour une date : le projet perdrait son nom, et son histoire avec lui.",
        wrong="01/09/2021 (« SEPT-21 » devenu une date)",
        right="SEPT-21",
    ),
    "cell_apostrophe": Rule(
        "warning",
        "La valeur commence par une apostrophe ; elle a été lue sans.",
        "Retirez l’apostrophe : tapez la valeur seule.",
        title="Une valeur ne commence pas par une apostrophe.",
        why="Dans Excel, l’apostrophe force un texte et reste invisible ; dans un export, elle se voit.",
        wrong="'42,5",
        right="42,5",
    ),
    "number_three_digits": Rule(
        "warning",
        "Ce nombre peut se lire de deux façons ; il a été lu {taken}.",
        "Si ce n’est pas la valeur voulue, écrivez-la sans ambiguïté, par exemple avec d’autres décimales.",
        title="Un nombre ne peut se lire que d’une façon.",
        why="« 8.985 » est 8,985 pour l’un et 8 985 pour l’autre ; nous disons ce que nous avons pris.",
        wrong="8.985",
        right="8,99",
    ),
    "date_month_first": Rule(
        "warning",
        "Dans cette colonne, le mois est écrit avant le jour ; la date a été lue {taken}.",
        "Si c’est la bonne date, il n’y a rien à faire ; sinon, écrivez le jour d’abord : 31/12/2020.",
        title="Les dates s’écrivent jour/mois/année.",
        why="Un export américain écrit 12/31/2020 : le même export écrit 03/04/2020 pour le 4 mars.",
        wrong="12/31/2020",
        right="31/12/2020",
    ),
    "initial_value_missing": Rule(
        "warning",
        "Après le cadrage, le coût initial et la durée initiale sont attendus.",
        "Renseignez « {title} » : c’est la référence à laquelle les écarts sont mesurés.",
        title="Après le cadrage, le coût initial et la durée initiale sont donnés.",
        why="Sans valeur initiale, l’écart est mesuré sur la première valeur reçue, qui n’est pas forcément la bonne.",
        wrong="Phase : Déploiement ; coût initial : (vide)",
        right="Phase : Déploiement ; coût initial : 42,5",
    ),
}

_REAL_CHANGE = " Si le changement est réel, il n’y a rien à corriger : dites pourquoi dans le commentaire sur l’écart."

PREVIOUS_EDITION_RULES: dict[str, Rule] = {
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
        why="L’identifiant relie les éditions : en changer coupe l’historique.",
        wrong="sirh-2020 puis sirh-2021",
        right="sirh-2020 puis sirh-2020",
    ),
    "previous_id_missing": Rule(
        "warning",
        "L’identifiant manque ; dans l’édition {edition}, « {name} » avait l’identifiant {before}.",
        "Ajoutez cet identifiant dans la colonne « {column} ».",
        title="Un projet ou une démarche garde son identifiant, une fois donné.",
        why="L’identifiant relie les éditions, même si le nom change : sans lui, l’historique est coupé.",
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

RULES: dict[str, Rule] = FILE_RULES | LAYOUT_RULES | ROW_RULES | CELL_RULES | PREVIOUS_EDITION_RULES


def finding(rule_id: str, words: Mapping[str, object] | None = None, **where: object) -> Finding:
    """Make a finding of the rule `rule_id`; raise `KeyError` for an id that is not in the catalogue."""
    return RULES[rule_id].finding(rule_id, words, **where)
