{{ config(meta={'dagster': {'ref': {'name': 'project_aliases'}}}) }}
-- One row per name of the register that leads to two ids, or to an id that the register itself sends elsewhere.

with aliases as (
    select
        name,
        fold_name(name) as folded_name,
        project_id
    from {{ ref('project_aliases') }}
)

select aliases.name, aliases.project_id, others.project_id as other_project_id
from aliases
inner join aliases as others
    on
        (aliases.folded_name = others.folded_name or aliases.project_id = others.folded_name)
        and aliases.project_id <> others.project_id
