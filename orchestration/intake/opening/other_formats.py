"""Other formats: what a file is that is no table of ours, and how to make one of it (docs/rules.md §4).

What belongs here: telling by how a file begins, by what a package holds, or by which letters a text has. What does not:
the formats that are read, and why one of those is refused (`formats`).
"""

import re
from codecs import BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Collection, Mapping

from orchestration.domain.french import and_others
from orchestration.intake.observation import Observation

_SAVE_AS = "Ouvrez-le dans Excel ou LibreOffice, puis enregistrez-le au format « Classeur Excel (.xlsx) » et déposez-le"
_COPY = "Copiez le tableau dans Excel ou LibreOffice, puis enregistrez-le au format « Classeur Excel (.xlsx) »"
_ORIGINAL = "Déposez le tableau d’origine, au format .xlsx, .ods ou .csv"
_EXPORT = "Dans Numbers, choisissez « Fichier », « Exporter vers », « Excel », et déposez le fichier obtenu"
_ATTACHED = "Enregistrez le tableau qui y est joint, et déposez-le seul"
_LINKED = "Ouvrez-le, et déposez le fichier auquel il mène"

# How a file begins, the rule that it meets, what it is, and what to do.
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str, str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), rule, what, how)
    for pattern, rule, what, how in (
        (rb"PK\x05\x06", "format_archive", "ZIP (.zip)", ""),
        (rb"\x1f\x8b", "format_archive", "gzip (.gz)", ""),
        (rb"7z\xbc\xaf\x27\x1c", "format_archive", "7-Zip (.7z)", ""),
        (rb"Rar!\x1a\x07", "format_archive", "RAR (.rar)", ""),
        (rb"BZh[1-9]1AY", "format_archive", "bzip2 (.bz2)", ""),
        (rb"\xfd7zXZ\x00", "format_archive", "XZ (.xz)", ""),
        (rb"\x28\xb5\x2f\xfd", "format_archive", "Zstandard (.zst)", ""),
        (rb".{257}ustar", "format_archive", "tar (.tar)", ""),
        (rb"\{\\rtf", "format_document", "un document RTF (.rtf)", _COPY),
        (rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*", "format_document", "une image", _ORIGINAL),
        (rb"RIFF....WEBP|....ftyp(?:hei|mif|avi)", "format_document", "une image", _ORIGINAL),
        (rb"L\x00\x00\x00\x01\x14\x02\x00|\[InternetShortcut\]", "format_document", "un raccourci", _LINKED),
        (rb"ID;P(?:WXL|CALCOOO32)\b", "format_spreadsheet", "une feuille SYLK (.slk)", _SAVE_AS),
        (rb"\x09(?:\x00\x04|[\x02\x04]\x06|\x08[\x08\x10])\x00", "format_xls", "", ""),
    )
)
# What an OLE container holds, beside workbooks.
_IN_OLE: tuple[tuple[str, str, str], ...] = (
    ("WordDocument", "un document Word (.doc)", _COPY),
    ("PowerPoint Document", "une présentation PowerPoint (.ppt)", _COPY),
    ("__substg1.0_", "un message Outlook (.msg)", _ATTACHED),
)
_IN_PACKAGE: tuple[tuple[str, str, str, str], ...] = (
    ("xl/workbook.bin", "format_spreadsheet", "un classeur Excel binaire (.xlsb)", _SAVE_AS),
    ("word/document.xml", "format_document", "un document Word (.docx)", _COPY),
    ("ppt/presentation.xml", "format_document", "une présentation PowerPoint (.pptx)", _COPY),
    ("Index/Document.iwa", "format_spreadsheet", "un classeur Numbers (.numbers)", _EXPORT),
    ("Index.zip", "format_spreadsheet", "un classeur Numbers (.numbers)", _EXPORT),
)
_OPENDOCUMENT: Mapping[str, tuple[str, str, str]] = {
    "text": ("format_document", "un document LibreOffice (.odt)", _COPY),
    "presentation": ("format_document", "une présentation LibreOffice (.odp)", _COPY),
    "graphics": ("format_document", "un dessin LibreOffice (.odg)", _COPY),
    "spreadsheet-template": ("format_spreadsheet", "un modèle de classeur (.ots)", _SAVE_AS),
}
_SHOWN, _MAX_NAME = 3, 60

# The letters and signs of French, by the encodings that Excel writes: the first one wins a tie.
_LETTERS = "éèêëàâçîïôùûüœÉÈÊÀÂÇÎÔÙÛŒ«»°€’‘“”–—…•·²®©"
_ENCODINGS: tuple[tuple[str, str, str], ...] = (
    ("cp1252", "", ""),
    ("mac_roman", "MacRoman (celui d’un Mac)", "CSV (Macintosh)"),
    ("cp850", "MS-DOS (page de code 850)", "CSV (MS-DOS)"),
)
# Every other byte of a text in UTF-16 is nearly always zero.
_ZEROS_OF_UTF16 = 0.8


def other_format(data: bytes) -> Observation | None:
    """What a file is by how it begins, if it is one of those."""
    for pattern, rule, what, how in _BEGINNINGS:
        if pattern.match(data):
            return _named(rule, what, how)
    return None


def in_ole(data: bytes) -> Observation:
    """What an OLE container is: a protected file, an old workbook, or what is no workbook."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Observation("format_encrypted")
    for name, what, how in _IN_OLE:
        if name.encode("utf-16-le") in data:
            return _named("format_document", what, how)
    return Observation("format_xls")


def in_package(names: Collection[str], mimetype: bytes) -> Observation:
    """What a zip is that is no workbook of ours, by the names of its entries and its declared type."""
    for name, rule, what, how in _IN_PACKAGE:
        if name in names:
            return _named(rule, what, how)
    declared = mimetype.decode(errors="ignore").removeprefix("application/vnd.oasis.opendocument.")
    if declared in _OPENDOCUMENT:
        return _named(*_OPENDOCUMENT[declared])
    files = sorted(name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/"))
    quoted = [f"« {name[:_MAX_NAME]} »" for name in files[:_SHOWN]]
    inside = ", ".join(quoted) + and_others(len(files) - _SHOWN)
    return Observation("format_archive", {"what": "ZIP (.zip)", "inside": inside or "le tableau"})


def in_markup(start: str) -> Observation:
    """What a text is that begins with `<`: a page, or a workbook written in XML."""
    small = start.casefold()
    if "<html" not in small and "urn:schemas-microsoft-com:office:spreadsheet" in small:
        return _named("format_spreadsheet", "un classeur XML (« Feuille de calcul XML 2003 »)", _SAVE_AS)
    if "<office:document" in small:
        return _named("format_spreadsheet", "un document OpenDocument en XML (.fods)", _SAVE_AS)
    if small.startswith("<?xml") and "<html" not in small:
        return _named("format_spreadsheet", "un fichier XML", _SAVE_AS)
    return Observation("format_html")


def other_encoding(data: bytes) -> Observation | None:
    """The encoding of a text, if it is one of those that are not read: told by the letters that French has."""
    if data.startswith((BOM_UTF32_LE, BOM_UTF32_BE)):
        return _encoded("UTF-32", "Texte Unicode")
    if max(data[::2].count(0), data[1::2].count(0)) > _ZEROS_OF_UTF16 * len(data) / 2:
        return _encoded("UTF-16 sans marque", "Texte Unicode")
    if b"\x00" in data:
        return None
    counts = [
        len(data) - len(data.translate(None, _LETTERS.encode(encoding, "ignore"))) for encoding, _, _ in _ENCODINGS
    ]
    most = counts.index(max(counts))
    return _encoded(*_ENCODINGS[most][1:]) if most else None


def _named(rule: str, what: str, how: str) -> Observation:
    return Observation(rule, {"what": what, "how": how, "inside": "le tableau"})


def _encoded(what: str, wrong: str) -> Observation:
    return Observation("text_encoding", {"what": what, "wrong": wrong})
