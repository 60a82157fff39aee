"""What catalogues of open data harvest: the series of editions in DCAT-AP 3, and the same for search engines.

What belongs here: these two documents, as JSON-LD. What does not: the data package, which programs that read the data
use (`data_package`). Addresses are those of the site where one is set, else relative to the tree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.domain import french
from orchestration.domain.edition import Edition
from orchestration.publication.open_data.shown import ShownRevision
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcatap": "http://data.europa.eu/r5r/",
}
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_MEDIA = "https://www.iana.org/assignments/media-types"
# By ending of a file: its format in the vocabulary of the Union, its media type, and what people call it.
_FORMATS: Mapping[str, tuple[str, str, str]] = {
    "fr.csv": ("CSV", "text/csv", "CSV pour tableur français"),
    "csv": ("CSV", "text/csv", "CSV"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet", "Parquet"),
    "json": ("JSON", "application/json", "JSON"),
}
_TITLE = "Grands projets et démarches numériques de l’État"
_ABOUT = (
    "Coûts, délais et glissements des grands projets numériques de l’État, qualité de ses démarches en ligne, feuille "
    "de route et indicateurs, édition par édition, avec ce qui permet de recalculer chaque chiffre."
)
_KEYWORDS = ("projets numériques", "démarches en ligne", "coûts", "délais", "État")


@dataclass(frozen=True)
class Publisher:
    """Who publishes, under which licence, and where: `root` is the address of the tree, empty where none is set."""

    name: str
    url: str
    email: str
    licence_url: str
    root: str


def catalogue_files(
    shown: Sequence[ShownRevision], titles: Mapping[str, str], tree_files: Mapping[str, bytes], publisher: Publisher
) -> dict[str, bytes]:
    """Both documents: path from the root of the tree -> bytes.

    `titles` are the names of the tables, `tree_files` the files of the tables over all editions, by path.
    """
    return {
        "catalog.jsonld": json_document(_catalogue(shown, titles, tree_files, publisher)),
        "dataset.jsonld": json_document(_for_search_engines(shown, titles, tree_files, publisher)),
    }


def _catalogue(
    shown: Sequence[ShownRevision], titles: Mapping[str, str], tree_files: Mapping[str, bytes], publisher: Publisher
) -> dict[str, object]:
    whole = _dataset("#editions-ensemble", f"{_TITLE}, toutes les éditions", _last(shown), publisher)
    whole |= {
        "dcat:distribution": [
            _distribution(path, len(data), sha256(data), titles, publisher) for path, data in tree_files.items()
        ],
        "dcat:landingPage": {"@id": _at(publisher, "releases/index.html"), "@type": "foaf:Document"},
    }
    editions = [_edition(one, titles, publisher) for one in shown]
    series: dict[str, object] = {
        "@id": _at(publisher, "#serie"),
        "@type": "dcat:DatasetSeries",
        "dct:title": _french(_TITLE),
        "dct:description": _french(_ABOUT),
        "dct:publisher": {"@id": _at(publisher, "#editeur")},
        "dct:accrualPeriodicity": {"@id": f"{_AUTHORITY}/frequency/ANNUAL_2", "@type": "dct:Frequency"},
        "dcat:contactPoint": _contact(publisher),
        "dct:issued": _moment(min(one.manifest["released_at"] for one in shown)),
        "dct:modified": _moment(_last(shown)),
    }
    return {
        "@context": _CONTEXT,
        "@id": _at(publisher, "#catalogue"),
        "@type": "dcat:Catalog",
        "dct:title": _french(f"Catalogue : {_TITLE}"),
        "dct:description": _french(_ABOUT),
        "dct:language": {"@id": f"{_AUTHORITY}/language/FRA", "@type": "dct:LinguisticSystem"},
        "dct:modified": _moment(_last(shown)),
        "dct:publisher": {
            "@id": _at(publisher, "#editeur"),
            "@type": "foaf:Agent",
            "foaf:name": _french(publisher.name),
        }
        | ({"foaf:homepage": {"@id": publisher.url, "@type": "foaf:Document"}} if publisher.url else {}),
        "dct:license": _licence(publisher),
        "dcat:dataset": [series, whole, *editions],
    }


def _edition(one: ShownRevision, titles: Mapping[str, str], publisher: Publisher) -> dict[str, object]:
    edition = Edition.parse(one.edition)
    said = _dataset(
        f"#edition-{one.edition}", f"{_TITLE}, {french.semester(one.edition)}", one.manifest["known_at"], publisher
    )
    files = [(file, f"{one.path}/{file['path']}") for file in one.manifest["files"] if file["path"].startswith("data/")]
    return said | {
        "dcat:version": str(one.revision),
        "dct:issued": _moment(one.manifest["released_at"]),
        "dcat:inSeries": {"@id": _at(publisher, "#serie")},
        "dct:temporal": {
            "@id": _at(publisher, f"#periode-{one.edition}"),
            "@type": "dct:PeriodOfTime",
            "dcat:endDate": {"@value": edition.as_of.isoformat(), "@type": "xsd:date"},
        },
        "dcat:landingPage": {"@id": _at(publisher, f"{one.path}/index.html"), "@type": "foaf:Document"},
        "dcat:distribution": [
            _distribution(path, file["bytes"], file["sha256"], titles, publisher) for file, path in files
        ],
    }


def _dataset(anchor: str, title: str, modified: str, publisher: Publisher) -> dict[str, object]:
    return {
        "@id": _at(publisher, anchor),
        "@type": "dcat:Dataset",
        "dct:title": _french(title),
        "dct:description": _french(_ABOUT),
        "dct:identifier": anchor.removeprefix("#"),
        "dct:publisher": {"@id": _at(publisher, "#editeur")},
        "dcat:contactPoint": _contact(publisher),
        "dcat:theme": {"@id": f"{_AUTHORITY}/data-theme/GOVE"},
        "dcat:keyword": [_french(word) for word in _KEYWORDS],
        "dct:accessRights": {"@id": f"{_AUTHORITY}/access-right/PUBLIC", "@type": "dct:RightsStatement"},
        "dct:language": {"@id": f"{_AUTHORITY}/language/FRA", "@type": "dct:LinguisticSystem"},
        "dct:modified": _moment(modified),
    }


def _distribution(
    path: str, size: int, digest: str, titles: Mapping[str, str], publisher: Publisher
) -> dict[str, object]:
    name = path.rpartition("/")[2]
    table, _, ending = name.partition(".")
    form, media, called = _FORMATS[ending]
    address = _at(publisher, path)
    return {
        "@id": f"{address}#fichier",
        "@type": "dcat:Distribution",
        "dct:title": _french(f"{titles.get(table, table)} ({called})"),
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": address},
        "dct:format": {"@id": f"{_AUTHORITY}/file-type/{form}", "@type": "dct:MediaTypeOrExtent"},
        "dcat:mediaType": {"@id": f"{_MEDIA}/{media}", "@type": "dct:MediaType"},
        "dcat:byteSize": {"@value": str(size), "@type": "xsd:nonNegativeInteger"},
        "dct:license": _licence(publisher),
        "dcatap:availability": {"@id": f"{_AUTHORITY}/planned-availability/STABLE"},
        "spdx:checksum": {
            "@id": f"{address}#empreinte",
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": digest, "@type": "xsd:hexBinary"},
        },
    }


def _for_search_engines(
    shown: Sequence[ShownRevision], titles: Mapping[str, str], tree_files: Mapping[str, bytes], publisher: Publisher
) -> dict[str, object]:
    first, last = (Edition.parse(shown[at].edition).as_of.isoformat() for at in (0, -1))
    said = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": _TITLE,
        "description": _ABOUT,
        "inLanguage": "fr",
        "license": publisher.licence_url,
        "isAccessibleForFree": True,
        "keywords": list(_KEYWORDS),
        "temporalCoverage": f"{first}/{last}",
        "dateModified": _last(shown),
        "version": _last(shown),
        "creator": {"@type": "Organization", "name": publisher.name}
        | ({"url": publisher.url} if publisher.url else {}),
        "distribution": [
            {
                "@type": "DataDownload",
                "name": titles.get(path.rpartition("/")[2].partition(".")[0], path),
                "encodingFormat": _FORMATS[path.rpartition("/")[2].partition(".")[2]][1],
                "contentUrl": _at(publisher, path),
            }
            for path in tree_files
        ],
    }
    return said | ({"url": publisher.root} if publisher.root else {})


def _at(publisher: Publisher, path: str) -> str:
    return publisher.root + path


def _last(shown: Sequence[ShownRevision]) -> str:
    return str(max(one.manifest["known_at"] for one in shown))


def _french(text: str) -> dict[str, str]:
    return {"@value": french.typeset(text), "@language": "fr"}


def _moment(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:dateTime"}


def _licence(publisher: Publisher) -> dict[str, str]:
    return {"@id": publisher.licence_url, "@type": "dct:LicenseDocument"}


def _contact(publisher: Publisher) -> dict[str, object]:
    said: dict[str, object] = {
        "@id": _at(publisher, "#contact"),
        "@type": "vcard:Organization",
        "vcard:fn": publisher.name,
    }
    if publisher.email:
        said["vcard:hasEmail"] = {"@id": f"mailto:{publisher.email}"}
    return said
