{{ config(meta={'dagster': {'ref': {'name': 'decompositions'}}}) }}
-- One row per change whose parts do not add up to it exactly, or whose ends are not the figures of their editions.

with decompositions as (
    select * from {{ ref('decompositions') }}
),

figures as (
    select * from {{ ref('headline_figures') }}
),

ends as (
    select edition, measure, from_edition, to_value as value
    from decompositions
    union all
    select from_edition as edition, measure, edition as from_edition, from_value as value
    from decompositions
),

contributions as (
    select edition, from_edition, measure, sum(contribution) as contribution
    from {{ ref('contributions') }}
    group by edition, from_edition, measure
)

select edition, from_edition, measure, 'the parts are the change' as broken
from decompositions
where
    from_value + same_projects + entrants + leavers + rebaselining <> to_value
    or same_projects <> rises + falls + newly_known + withdrawn
    or rises < 0
    or falls > 0
    or (measure = 'total_cost_meur' and (newly_known < 0 or withdrawn > 0))
    or same_projects is null <> (from_value is null or to_value is null)
union all
select edition, from_edition, measure, 'what the projects contribute is the change' as broken
from decompositions
left join contributions using (edition, from_edition, measure)
where to_value - from_value <> coalesce(contribution, 0)
union all
select ends.edition, ends.from_edition, ends.measure, 'each end is the figure of its edition' as broken
from ends
inner join figures using (edition)
where
    case ends.measure
        when 'total_cost_meur' then cast(round(ends.value * 0.001, 2) as decimal(12, 2)) is distinct from figures.total_cost_bn_eur
        {%- for measure in ['budget_variance_mean_pct', 'schedule_variance_mean_pct', 'duration_variance_mean_pct'] %}
        when '{{ measure }}' then try_cast(round(ends.value, 1) as decimal(12, 1)) is distinct from figures.{{ measure }}
        {%- endfor %}
    end
