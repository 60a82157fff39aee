"""What an agent is told beside the verdict: what to do, the calendar, what was received, what will be published.

What belongs here: these sentences, in French. What does not: the verdict (`record`) and how findings are worded
(`wording`).
"""

from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.domain.french import day, number, paris, paris_moment, plural, semester
from orchestration.domain.perimeter import perimeter_names, perimeter_of
from orchestration.domain.spreadsheets import address_place
from orchestration.intake.ledger import Drop
from orchestration.intake.reading.rows import Rows
from orchestration.intake.receipts.record import Receipt


def advice(receipt: Receipt) -> tuple[str, ...]:
    """What to do, in a few French sentences."""
    is_placed = receipt.edition and receipt.perimeter
    folder = f"le dossier {receipt.edition}/{receipt.perimeter}" if is_placed else "votre dossier de dépôt"
    if receipt.is_dry_run and receipt.status != "rejected":
        counts = f"C’était un essai : rien n’est compté. Pour que ce fichier compte, déposez-le dans {folder}."
        if receipt.fuller:
            counts += f" Il a moins {_far_fewer(receipt, receipt.fuller)} S’il est complet, il ne comptera qu’un jour "
            counts += "après son dépôt, ou avant si l’équipe qui consolide l’accepte à votre demande."
    else:
        is_counted = receipt.status not in ("unchanged", "rejected") and (receipt.held_until or not receipt.is_replaced)
        counts = _counts(receipt) if is_counted else ""
    again = f"déposez de nouveau le fichier dans {folder}"
    blamed = {finding.blame for finding in receipt.findings}
    if "us" in blamed:
        sentences = ["Vous n’avez rien à faire."]
    elif "place" in blamed:
        sentences = ["Déplacez le fichier dans le bon dossier ; il n’a pas besoin d’être modifié."]
    elif receipt.status == "rejected":
        sentences = [f"Corrigez ce qui est indiqué ci-dessous, puis {again}.", _still_counts(receipt)]
    elif receipt.status == "unchanged":
        known = "Les points ci-dessous vous ont déjà été signalés" if receipt.findings else "Vous n’avez rien à faire"
        sentences = [f"{known}. Si vous pensiez envoyer une nouvelle version, vérifiez que c’est le bon fichier."]
    elif receipt.errors:
        sentences = [
            *_of_another_perimeter(receipt),
            "Ce qui est en erreur ne sera pas publié tant que ce n’est pas corrigé.",
            f"Corrigez, puis {again} : le dernier dépôt accepté remplace le précédent.",
        ]
    elif receipt.warnings:
        sentences = [
            *_of_another_perimeter(receipt),
            "Vérifiez les points ci-dessous. Si tout est juste, vous n’avez rien à faire.",
            f"Sinon, corrigez, puis {again} : le dernier dépôt accepté remplace le précédent.",
        ]
    else:
        sentences = ["Vous n’avez rien à corriger."]
    return tuple(sentence for sentence in (*_of_those_together(receipt), counts, *sentences) if sentence)


def _of_those_together(receipt: Receipt) -> tuple[str, ...]:
    """Which counts of several files of one kind that a pass took in, and why."""
    if receipt.together is None:
        return ()
    names = " et ".join(f"« {name} »" for name in receipt.together.others)
    counting = receipt.together.counting
    if counting is None:
        which = "aucun de ces fichiers n’est accepté"
    elif counting.drop_id == receipt.drop_id:
        which = "c’est ce fichier-ci qui compte"
    elif receipt.together.is_of_these:
        which = f"c’est « {counting.file_name} » qui compte, et non ce fichier-ci"
    else:
        which = f"aucun ne remplace votre dépôt du {dated(counting)}, qui reste celui qui compte"
    return (
        f"Reçu en même temps que {names}, de même nature, pour la même édition et le même périmètre : {which}.",
        "Ce qui est reçu en même temps est pris dans l’ordre des dates des fichiers, du plus ancien au plus récent, et "
        "à date égale dans l’ordre de leurs noms : chaque fichier accepté remplace celui qui comptait, sauf s’il lui "
        "est identique.",
    )


def _counts(receipt: Receipt) -> str:
    """From when a submission counts, and why not before."""
    if receipt.held_until is None or receipt.fuller is None:
        return "Votre envoi compte déjà."
    return (
        f"Votre envoi est bien reçu, mais il a moins {_far_fewer(receipt, receipt.fuller)} S’il est incomplet, déposez "
        f"le fichier entier, qui le remplacera. S’il est complet, il comptera à partir du "
        f"{paris_moment(receipt.held_until)}, ou avant si l’équipe qui consolide l’accepte à votre demande."
    )


def _far_fewer(receipt: Receipt, fuller: Drop) -> str:
    before = fuller.place.edition if fuller.place else None
    of_edition = f" pour l’édition {before}" if before != receipt.edition else ""
    return (
        f"de la moitié des lignes de celui du {dated(fuller)}{of_edition} : {number(receipt.rows_accepted)} au lieu de "
        f"{number(fuller.rows_accepted)}."
    )


def _still_counts(receipt: Receipt) -> str:
    if receipt.together:
        return ""
    if receipt.earlier and receipt.earlier.place and receipt.earlier.place.edition == receipt.edition:
        return f"En attendant, votre dépôt du {dated(receipt.earlier)} reste celui qui compte."
    return "Rien n’est perdu : ce dépôt est conservé et, si un dépôt précédent avait été accepté, il compte toujours."


def _of_another_perimeter(receipt: Receipt) -> tuple[str, ...]:
    """What to look at first where no row names a ministry of the folder's perimeter: the folder."""
    about = [finding for finding in receipt.findings if finding.is_of_other_perimeter]
    cells = (cell for finding in about for cell in finding.header_cells)
    rows = {finding.row for finding in about if finding.row} | {address_place(cell)[1] for cell in cells}
    if receipt.rows_read < 2 or len(rows) < receipt.rows_read:
        return ()
    others = {perimeter_of(finding.value or "") for finding in about} - {None, receipt.perimeter}
    other = others.pop() if len(others) == 1 else None
    of_whom = f"du périmètre {perimeter_names()[other]} ({other})" if other else "inconnu de votre périmètre"
    right = f"le dossier {receipt.edition}/{other}" if other else "le bon dossier"
    return (
        f"Toutes les lignes nomment un ministère {of_whom} : vérifiez d’abord le dossier. "
        f"Si c’est une erreur, déposez ce fichier dans {right} et le vôtre dans {receipt.edition}/{receipt.perimeter}, "
        "où il remplacera celui-ci.",
    )


def calendar(receipt: Receipt) -> tuple[str, ...]:
    """The next deadline and publication, in French sentences; none for a file without an edition."""
    if receipt.edition is None:
        return ()
    edition, today = Edition.parse(receipt.edition), paris(receipt.received_at).date()
    if today <= edition.deadline:
        return (
            f"Vous pouvez déposer une nouvelle version jusqu’au {day(edition.deadline)}.",
            f"L’édition {edition} sera publiée au plus tard le {day(edition.publication)}.",
        )
    coming = edition.next()
    while coming.deadline < today:
        coming = coming.next()
    return (
        f"L’échéance de l’édition {edition} était le {day(edition.deadline)} : "
        "un dépôt accepté après cette date donne lieu à une révision de ce qui est publié.",
        f"Prochaine échéance : le {day(coming.deadline)}, pour l’édition {coming}.",
    )


def facts(receipt: Receipt) -> tuple[tuple[str, str], ...]:
    """What was received and read, as names and values."""
    contract = CONTRACTS.get(receipt.kind or "")
    perimeter = perimeter_names().get(receipt.perimeter or "")
    return _known(
        ("Fichier", receipt.file_name),
        ("Nature", contract.title_fr if contract else None),
        ("Périmètre", f"{perimeter} ({receipt.perimeter})" if perimeter else None),
        ("Édition", f"{receipt.edition} ({semester(receipt.edition)})" if receipt.edition else None),
        ("Reçu le", paris_moment(receipt.received_at)),
        ("Lignes lues", number(receipt.rows_read)),
        ("Lignes prises en compte", number(receipt.rows_accepted)),
    )


def technical_facts(receipt: Receipt) -> tuple[tuple[str, str], ...]:
    """What whoever mends something asks for."""
    template_version = f"modèle version {receipt.contract_version}, " if receipt.contract_version else ""
    return _known(
        ("Numéro de dépôt", str(receipt.drop_id) if receipt.drop_id else None),
        ("Versions", f"{template_version}règles version {receipt.rules_version}"),
        ("Empreinte (sha256)", receipt.sha256),
    )


def _known(*facts: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts if value is not None)


def published_fr(kind: str | None, rows: Rows) -> str | None:
    """What will be published of accepted rows, in one French sentence; `None` for an unknown kind."""
    contract = CONTRACTS.get(kind or "")
    if contract is None:
        return None
    if not rows:
        return f"Vous déclarez n’avoir aucune ligne à publier ({contract.title_fr.lower()})."
    counted = plural(len(rows), contract.subject_fr)
    if contract.total is not None:
        costs = [cost for cost in rows.objects(contract.total) if cost is not None]
        known = f"dont {number(len(costs))} au coût connu, pour {number(sum(costs), 2)}\u00a0M€ au total"
        return f"{counted}, {known if costs else 'sans coût connu'}."
    if contract.counted is not None:
        count = int((rows.objects(contract.counted.field) == contract.counted.code).sum())
        return f"{counted}, dont {number(count)} {contract.counted.words_fr}."
    return f"{counted}."


def dated(drop: Drop) -> str:
    """A drop as its sender knows it: its day and its file."""
    return f"{day(paris(drop.received_at).date())} (« {drop.file_name} »)"
