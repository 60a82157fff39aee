{{ config(materialized='table') }}
with rewritten as (
    select * from {{ ref('int_baselines') }}
    where is_rebaseline
),

counted as (
    select edition, project_id, name, perimeter
    from {{ ref('int_project_rows') }}
    where is_counted
)

select
    rewritten.edition,
    rewritten.before_edition as from_edition,
    rewritten.project_id,
    counted.name,
    counted.perimeter,
    rewritten.measure,
    {%- for side, state in [('from', 'before'), ('to', 'in_force')] %}
    cast(case rewritten.measure
        when 'cost' then rewritten.{{ state }}_amount
        when 'duration' then {{ in_years('rewritten.' ~ state ~ '_amount') }}
    end as decimal(20, 8)) as {{ side }}_value,
    rewritten.{{ state }}_day as {{ side }}_date,
    rewritten.{{ state }}_precision as {{ side }}_precision,
    rewritten.{{ state }}_source as {{ side }}_source,
    rewritten.{{ state }}_text as {{ side }}_text,
    rewritten.{{ state }}_submission_id as {{ side }}_submission_id,
    {%- endfor %}
    case rewritten.measure when 'cost' then 'meur' when 'duration' then 'years' else 'date' end as unit,
    cast(rewritten.rebaselines as integer) as ordinal
from rewritten
inner join counted using (edition, project_id)
