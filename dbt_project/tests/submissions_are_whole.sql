{{ config(meta={'dagster': {'ref': {'name': 'stg_drops'}}}) }}
-- A submission whose rows are all there has as many as the ledger noted: the submissions that do not.
{%- set kinds = ['projects', 'procedures', 'roadmap', 'indicators'] %}
with found as (
    {%- for kind in kinds %}
    select drop_id, count(*) as found_rows from {{ ref('stg_' ~ kind) }} group by drop_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    drops.drop_id,
    drops.lake_rows,
    found.found_rows
from {{ ref('stg_drops') }} as drops
left join found using (drop_id)
where drops.lake_rows is distinct from found.found_rows
