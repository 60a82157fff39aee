"""Publication in the UI: what a pass released, and each edition's latest revision.

What belongs here: showing releases and open data, and saying that the pass is done. What does not: making them
(`orchestration.publication`).
"""

from datetime import UTC, datetime
from time import monotonic

import dagster as dg

from orchestration.defs.links import link
from orchestration.defs.metadata import Metadata, located, numbers, parquet_metadata, seconds_since, table
from orchestration.defs.moment import Moment
from orchestration.defs.partitions import EDITIONS, add_editions, latest_of
from orchestration.defs.validation import say_what_holds
from orchestration.passes.home import Home
from orchestration.publication.figures import FIGURES, IN_SHORT
from orchestration.publication.open_data.tree import publish_tree
from orchestration.publication.release import Release, release
from orchestration.publication.tables import TABLES
from orchestration.settings import Settings
from orchestration.validation.holding import reason

_OWNERS = ["team:publication"]
_MARTS = [*TABLES]


@located
@dg.asset(
    group_name="publication",
    owners=_OWNERS,
    kinds={"python", "html"},
    deps=[*_MARTS, "verdicts"],
)
def releases(context: dg.AssetExecutionContext, publication: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
    """One row per edition: its latest revision. A pass makes a revision of each edition whose content has changed.

    An edition that a verdict holds back keeps the revision that it has, and is no row here.

    Read it to know what the public sees now; past revisions stay beside it for ever.
    """
    publication.report("Releasing")
    begun = monotonic()
    judgement = publication.judgement()
    say_what_holds(context, publication.settings, judgement)
    made = release(publication.settings, judgement, datetime.now(UTC))
    publication.done.releases = tuple(made)
    new = [one for one in made if one.is_new]
    add_editions(context.instance, {one.edition for one in new})
    for one in made:
        if one.is_new or not _is_shown(context.instance, one):
            metadata = _release(publication.settings, one)
            context.log_event(dg.AssetMaterialization("edition_release", partition=one.edition, metadata=metadata))
    lines = [{"edition": one.edition, "revision": one.revision, "new": one.is_new, **_figures(one)} for one in made]
    numbers_now: Metadata = {"new": len(new), "editions": len(made), "seconds": seconds_since(begun)}
    return dg.MaterializeResult(metadata=numbers_now | {"releases": table(lines, most=100)})


@located
@dg.asset(
    group_name="publication",
    owners=_OWNERS,
    kinds={"python", "html"},
    deps=_MARTS,
    partitions_def=EDITIONS,
)
def edition_release(
    context: dg.AssetExecutionContext, publication: dg.ResourceParam[Home]
) -> dg.MaterializeResult[None]:
    """The revisions of one edition: the site, the open data and the manifest.

    A pass fills it; materialize an edition by hand to release it alone. Identical content makes no revision.
    """
    judgement = publication.judgement()
    say_what_holds(context, publication.settings, judgement)
    holds = [hold for hold in judgement.holds if hold.covers(context.partition_key)]
    if holds:
        raise dg.Failure("\n".join(map(reason, holds)), allow_retries=False)
    made = release(publication.settings, judgement, datetime.now(UTC), [context.partition_key])
    if not made:
        raise dg.Failure(f"There are no figures for {context.partition_key}.", allow_retries=False)
    return dg.MaterializeResult(metadata=_release(publication.settings, made[0]))


@located
@dg.asset(
    group_name="publication",
    owners=_OWNERS,
    kinds={"python", "json"},
    # After the alerts, which nobody should wait for.
    deps=["releases", "delivered_alerts"],
)
def open_data(config: Moment, publication: dg.ResourceParam[Home]) -> dg.MaterializeResult[None]:
    """The tree over all editions: long tables, documents by project, procedure and perimeter, feeds, a catalogue.

    It is made of the revisions that readers see now, and of nothing else; where they are the same, so is the tree.
    It is the last step: what the ledger listed needs no other publication until something changes, an edition that is
    held back neither; unless a check could not run.
    """
    publication.report("Publishing open data")
    begun = monotonic()
    is_new = publish_tree(publication.settings)
    publication.done.is_tree_published = True
    judgement = publication.judgement()
    if not judgement.broken:
        now, is_replay = config.read(publication.hour), config.is_replay or publication.hour.is_replay
        publication.note_whole(judgement.ledger_head, now, is_replay=is_replay)
    folder = publication.settings.public / "current"
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    return dg.MaterializeResult(metadata={"new": is_new, "files": files, "seconds": seconds_since(begun)})


def _is_shown(instance: dg.DagsterInstance, one: Release) -> bool:
    """Whether the UI has the figures of a revision: its history may be younger, or of before they were numbers."""
    latest = latest_of(instance, dg.AssetKey("edition_release"), one.edition)
    said = latest.asset_materialization.metadata if latest and latest.asset_materialization else {}
    return "perimeters_filed" in said and said["revision"].value == one.revision


def _release(settings: Settings, one: Release) -> Metadata:
    """What a revision says; its figures that are numbers stand by themselves, so that the UI plots them by edition."""
    lines = [{"figure": name, "value": value} for name, value in one.figures.items() if name != "indicators"]
    folder = str(one.path)
    return {
        "revision": one.revision,
        "page": link(settings, "releases", folder, "index.html"),
        "manifest": link(settings, "releases", folder, "MANIFEST.json"),
        **numbers({name: one.figures.get(name) for name in FIGURES}),
        "figures": table(lines, most=len(lines)),
        # One of a kind that the edition has nothing of is absent.
        **{
            name: parquet_metadata(path)["preview"]
            for name in ("top50", "top250")
            if (path := one.path / "data" / f"{name}.parquet").exists()
        },
    }


def _figures(one: Release) -> dict[str, object]:
    return {name: one.figures[name] for name in IN_SHORT}
