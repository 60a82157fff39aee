"""Rules about the whole file: its place, its format, its size.

What belongs here: their words. What does not: where they are applied.
"""

from collections.abc import Mapping

from orchestration.intake.findings.rule import Rule

_SAVE_AS = "Ouvrez-le dans Excel ou LibreOffice, puis enregistrez-le au format « {format} » et déposez-le de nouveau."
_XLSX = _SAVE_AS.format(format="Classeur Excel (.xlsx)")

FILE_RULES: Mapping[str, Rule] = {
    "place_unknown": Rule(
        "error",
        "Un fichier se dépose dans un dossier <édition>/<périmètre>, par exemple 2021-S2/MI.",
        "Déplacez-le dans le dossier de votre périmètre ; les périmètres sont {perimeters}.",
        title="Un fichier se dépose dans le dossier d’une édition et d’un périmètre connus.",
        why="Le dossier dit de quelle édition et de quel ministère il s’agit : c’est lui que protègent les droits.",
        wrong="2021-S3/MI/remontee.xlsx",
        right="2021-S2/MI/remontee.xlsx",
        blame="place",
    ),
    "reading_failed": Rule(
        "error",
        "Le fichier n’a pas pu être lu à cause d’un défaut de notre outil, et non du vôtre.",
        "Vos données sont conservées et l’équipe de Jalons est prévenue ; vous n’avez rien à faire.",
        title="Notre outil lit tous les fichiers qu’il reçoit.",
        why="Un défaut de notre côté ne doit jamais passer pour une erreur du vôtre.",
        wrong="Un fichier qui met notre outil en défaut.",
        right="Le même fichier, relu dès que l’outil est réparé.",
        blame="us",
    ),
    "not_a_file": Rule(
        "error",
        "Ce dépôt n’est pas un fichier que l’on peut ouvrir : c’est un lien, un dossier, ou son nom "
        "contient des caractères illisibles.",
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
    "format_spreadsheet": Rule(
        "error",
        "Le fichier est {what}, qui n’est pas accepté.",
        "{how}.",
        title="Un classeur est au format .xlsx ou .ods.",
        why="Chaque tableur a ses propres formats ; .xlsx et .ods se lisent partout de la même façon.",
        wrong="remontee.xlsb",
        right="remontee.xlsx",
    ),
    "format_archive": Rule(
        "error",
        "Le fichier est une archive compressée {what}, et non un tableau.",
        "Décompressez-la (clic droit, « Extraire tout »), puis déposez {inside}, sans archive.",
        title="Un tableau se dépose tel quel, sans archive.",
        why="Une archive peut contenir plusieurs fichiers : rien ne dit lequel est la remontée.",
        wrong="remontee.zip, qui contient remontee.csv",
        right="remontee.csv",
    ),
    "format_document": Rule(
        "error",
        "Le fichier est {what}, et non un tableau.",
        "{how}.",
        title="Le fichier est un tableau, et non un document, une image ou un raccourci.",
        why="Un tableau collé dans un document ou pris en photo ne peut pas être relu sans risque d’erreur.",
        wrong="remontee.docx",
        right="remontee.xlsx",
    ),
    "text_encoding": Rule(
        "error",
        "Le texte est codé en {what}, et non en UTF-8 ou en Windows-1252 : ses lettres accentuées seraient fausses.",
        "Ouvrez-le dans le logiciel qui l’a produit, puis enregistrez-le au format « CSV UTF-8 » ou « Classeur Excel "
        "(.xlsx) », et non au format « {wrong} ».",
        title="Un fichier texte est codé en UTF-8 ou en Windows-1252.",
        why="Les mêmes octets sont d’autres lettres dans un autre codage : les noms et les unités seraient faux.",
        wrong="remontee.csv, enregistré au format « CSV (Macintosh) »",
        right="remontee.csv, enregistré au format « CSV UTF-8 »",
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
    "quote_stray": Rule(
        "error",
        'Un guillemet droit (") ouvert à la ligne {row}, devant « {start} », {what} : '
        "le fichier ne peut pas être lu sans erreur.",
        "Retirez ce guillemet, ou doublez ceux qui font partie du texte ; le plus sûr est d’enregistrer le tableau au "
        "format .xlsx depuis un tableur.",
        title="Dans un fichier CSV, un guillemet entoure une cellule entière, et elle seule.",
        why="Un guillemet de trop réunit plusieurs cellules, et parfois plusieurs lignes, en une seule : elles "
        "disparaîtraient sans que personne le voie.",
        wrong='p-1;"ALPHA;42,5 puis p-2;"BETA;12',
        right='p-1;"ALPHA";42,5 puis p-2;"BETA";12',
    ),
    "json_not_records": Rule(
        "error",
        "Un fichier JSON doit être une liste d’objets, ou un objet par ligne (NDJSON) : un par ligne du tableau.",
        "Exportez les données sous cette forme.",
        title="Un fichier JSON est une liste d’objets.",
        why="Chaque objet est une ligne, chaque clé un en-tête : c’est ainsi qu’il se lit comme un tableau.",
        wrong='{"Projet": "HORIZON"}',
        right='[{"Projet": "HORIZON", "Coût estimé": 42.5}]',
    ),
}
