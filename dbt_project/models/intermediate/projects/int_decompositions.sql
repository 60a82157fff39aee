{#- Mean -> the variance that it is the mean of. -#}
{%- set means = ['budget_variance', 'schedule_variance', 'duration_variance'] -%}
{%- set parts = ['rises', 'falls', 'newly_known', 'withdrawn', 'entrants', 'leavers'] -%}

with pairs as (
    select * from {{ ref('int_edition_pairs') }}
),

contributions as (
    select * from {{ ref('int_contributions') }}
),

values_of_editions as (
    select
        edition,
        'total_cost_meur' as measure,
        count(current_cost_meur) as projects,
        -- All of one type: a union of two keeps the digits of neither.
        cast(sum(current_cost_meur) as decimal(38, 12)) as value
    from {{ ref('int_portfolio') }}
    group by edition
    {%- for mean in means %}
    union all
    select
        edition,
        '{{ mean }}_mean_pct' as measure,
        count({{ mean }}_rate) as projects,
        cast(100 * {{ exact_ratio('sum(' ~ mean ~ '_rate)', 'count(' ~ mean ~ '_rate)', scale=12) }} as decimal(38, 12)) as value
    from {{ ref('int_portfolio') }}
    group by edition
    {%- endfor %}
),

measures as (
    select unnest(['total_cost_meur', 'budget_variance_mean_pct', 'schedule_variance_mean_pct', 'duration_variance_mean_pct']) as measure
),

-- Nothing is known of an edition without a project: of a cost it is nothing, of a mean it is null.
ends as (
    select
        pairs.edition,
        pairs.from_edition,
        measures.measure,
        {%- for side, of in [('from', 'before'), ('to', 'after')] %}
        coalesce({{ of }}.projects, 0) as {{ side }}_projects,
        coalesce({{ of }}.value, case when measures.measure = 'total_cost_meur' then 0 end) as {{ side }}_value{{ ',' if not loop.last }}
        {%- endfor %}
    from pairs
    cross join measures
    left join values_of_editions as before on pairs.from_edition = before.edition and measures.measure = before.measure
    left join values_of_editions as after on pairs.edition = after.edition and measures.measure = after.measure
),

summed as (
    select
        edition,
        from_edition,
        measure,
        {%- for part in parts %}
        sum(contribution - rebaselining) filter (where part = '{{ part }}') as {{ part }},
        {%- endfor %}
        sum(rebaselining) as rebaselining
    from contributions
    group by edition, from_edition, measure
)

select
    ends.edition,
    ends.from_edition,
    ends.measure,
    cast(ends.from_projects as integer) as from_projects,
    cast(ends.to_projects as integer) as to_projects,
    ends.from_value,
    ends.to_value,
    {%- set splits = 'case when ends.from_value is not null and ends.to_value is not null then ' %}
    {{ splits }}cast({% for part in parts[:4] %}coalesce(summed.{{ part }}, 0){{ ' + ' if not loop.last }}{% endfor %} as decimal(38, 12)) end as same_projects,
    {%- for part in parts + ['rebaselining'] %}
    {{ splits }}cast(coalesce(summed.{{ part }}, 0) as decimal(38, 12)) end as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
from ends
left join summed using (edition, from_edition, measure)
