"""The layers of the dbt project point one way: sources, staging, intermediate, marts."""

import json

import pytest

from orchestration.consolidation.build import DBT_PROJECT

# What a model of a layer may read.
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "seed", "intermediate"},
    "marts": {"intermediate"},
}


@pytest.fixture(scope="module")
def reads() -> list[tuple[str, str, str, str]]:
    """(layer, model, layer of what it reads, what it reads) for all that `make install` parsed."""
    manifest = json.loads((DBT_PROJECT / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"] | manifest["sources"]

    def layer(node: dict[str, list[str] | str]) -> str:
        return node["fqn"][1] if node["resource_type"] == "model" else str(node["resource_type"])

    return [
        (layer(node), node["name"], layer(nodes[read]), nodes[read]["name"])
        for node in nodes.values()
        if node["resource_type"] == "model"
        for read in node["depends_on"]["nodes"]
    ]


def test_each_layer_reads_the_one_before_it_only(reads: list[tuple[str, str, str, str]]) -> None:
    wrong = [
        f"{model} ({of}) reads {read} ({read_of})" for of, model, read_of, read in reads if read_of not in MAY_READ[of]
    ]
    assert not wrong, "; ".join(wrong)


def test_every_model_is_of_a_layer_and_reads_something(reads: list[tuple[str, str, str, str]]) -> None:
    models = {path.stem for path in (DBT_PROJECT / "models").rglob("*.sql")}
    assert {model for _, model, _, _ in reads} == models
    assert {of for of, _, _, _ in reads} == set(MAY_READ)
