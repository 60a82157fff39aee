"""What catalogues harvest: rdflib reads it, and it keeps to what DCAT-AP 3 makes mandatory."""

import json
from pathlib import Path

import pytest
from made_marts import State
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from orchestration.publication.open_data.tree import publish_tree
from orchestration.store.digests import sha256

# rdflib uses itself what it says is deprecated.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:rdflib", "ignore:ConjunctiveGraph:DeprecationWarning"
)

SITE = "https://projets.example.fr"
# What DCAT-AP 3 asks of each class: properties that must be there, of which kind, and of which there is one at most.
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <https://shapes.invalid/> .

:Catalogue a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ; sh:uniqueLang true ] ;
  sh:property [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dct:license ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ;
  sh:property [ sh:path dct:modified ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] ;
  sh:property [ sh:path dcat:dataset ; sh:minCount 1 ;
    sh:or ( [ sh:class dcat:Dataset ] [ sh:class dcat:DatasetSeries ] ) ] .

:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dct:publisher ; sh:maxCount 1 ; sh:class foaf:Agent ] ;
  sh:property [ sh:path dcat:contactPoint ; sh:class vcard:Organization ] ;
  sh:property [ sh:path dcat:theme ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dct:accessRights ; sh:maxCount 1 ; sh:class dct:RightsStatement ] ;
  sh:property [ sh:path dct:modified ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] ;
  sh:property [ sh:path dct:identifier ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dcat:inSeries ; sh:class dcat:DatasetSeries ] ;
  sh:property [ sh:path dcat:distribution ; sh:minCount 1 ; sh:class dcat:Distribution ] .

:Series a sh:NodeShape ; sh:targetClass dcat:DatasetSeries ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ;
  sh:property [ sh:path dct:accrualPeriodicity ; sh:maxCount 1 ; sh:class dct:Frequency ] .

:Distribution a sh:NodeShape ; sh:targetClass dcat:Distribution ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path dct:format ; sh:maxCount 1 ; sh:class dct:MediaTypeOrExtent ] ;
  sh:property [ sh:path dcat:mediaType ; sh:maxCount 1 ; sh:class dct:MediaType ] ;
  sh:property [ sh:path dct:license ; sh:maxCount 1 ; sh:class dct:LicenseDocument ] ;
  sh:property [ sh:path dcat:byteSize ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ] ;
  sh:property [ sh:path spdx:checksum ; sh:minCount 1 ; sh:maxCount 1 ; sh:class spdx:Checksum ] .

:Checksum a sh:NodeShape ; sh:targetClass spdx:Checksum ;
  sh:property [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ;
  sh:property [ sh:path spdx:checksumValue ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:hexBinary ] .

:Agent a sh:NodeShape ; sh:targetClass foaf:Agent ;
  sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:nodeKind sh:Literal ] .
"""


@pytest.fixture
def root(state: State) -> Path:
    settings = state.settings.model_copy(
        update={
            "site_url": f"{SITE}/releases",
            "publisher": "Une administration",
            "contact_email": "donnees@example.fr",
        }
    )
    state.settings = settings
    state.release()
    publish_tree(settings)
    return settings.public / "current"


def test_the_catalogue_keeps_to_dcat_ap_and_every_file_that_it_names_is_there(root: Path, state: State) -> None:
    graph = Graph().parse(root / "catalog.jsonld", format="json-ld", publicID=f"{SITE}/")
    conforms, _, said = validate(graph, shacl_graph=Graph().parse(data=SHAPES, format="turtle"), advanced=False)
    assert conforms, said
    series = URIRef(f"{SITE}/#serie")
    editions = set(graph.subjects(URIRef(f"{DCAT}inSeries"), series))
    assert editions == {URIRef(f"{SITE}/#edition-{edition}") for edition in ("2021-S1", "2021-S2")}
    addresses = [str(one) for one in graph.objects(None, DCAT.downloadURL)]
    assert len(addresses) == len(list(graph.subjects(RDF.type, DCAT.Distribution)))
    for address in addresses:
        path = address.removeprefix(f"{SITE}/")
        there = state.settings.home / path if path.startswith("releases/") else root / path
        assert there.is_file(), address
        (digest,) = graph.objects(URIRef(f"{address}#empreinte"), URIRef("http://spdx.org/rdf/terms#checksumValue"))
        assert str(digest).lower() == sha256(there.read_bytes())


def test_where_no_site_is_set_it_is_read_from_where_it_lies(state: State) -> None:
    state.release()
    publish_tree(state.settings)
    path = state.settings.public / "current" / "catalog.jsonld"
    graph = Graph().parse(path, format="json-ld", publicID="https://elsewhere.example/x/")
    assert URIRef("https://elsewhere.example/x/data/portfolio.csv") in set(graph.objects(None, DCAT.downloadURL))
    assert not list(graph.objects(None, DCTERMS.creator))


def test_search_engines_are_told_of_every_long_table(root: Path) -> None:
    said = json.loads((root / "dataset.jsonld").read_bytes())
    assert (said["@context"], said["@type"]) == ("https://schema.org/", "Dataset")
    assert said["temporalCoverage"] == "2021-06-30/2021-12-31"
    told = {one["contentUrl"].removeprefix(f"{SITE}/") for one in said["distribution"]}
    assert told == {path.relative_to(root).as_posix() for path in (root / "data").iterdir()}
