"""Small files as ministries drop them, made by the tests that need them."""

import io
from pathlib import Path

HEADER = "Nom du projet;Ministère porteur;Début;Durée prévisionnelle en année;Phase du projet en cours;Coût estimé"
GOOD = "HORIZON;Ministère de l'Intérieur;01/01/2020;4,5;Déploiement;42,5"
OTHER = "BOUSSOLE;Ministère de l'Intérieur;janvier 2021;3;Conception / Réalisation;12"


def projects_csv(*rows: str, header: str = HEADER) -> bytes:
    """A legacy CSV of projects, in the encoding and with the separator of a French Excel."""
    return ("\r\n".join([header, *rows]) + "\r\n").encode("cp1252")


def workbook(*rows: list[object], sheet: str = "Projets") -> bytes:
    """An XLSX of one sheet holding these rows."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return buffer.getvalue()


def drop(home: Path, place: str, data: bytes) -> Path:
    """Put a file in the inbox, as `<edition>/<perimeter>/<name>`."""
    path = home / "inbox" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
