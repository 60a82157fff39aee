{{ config(materialized='table') }}
{#- Mean -> the variance that it is the mean of. -#}
{%- set means = {
    'budget_variance_mean_pct': 'budget_variance_rate',
    'schedule_variance_mean_pct': 'schedule_variance_rate',
    'duration_variance_mean_pct': 'duration_variance_rate',
} -%}

with portfolio as (
    select * from {{ ref('int_portfolio') }}
),

pairs as (
    select * from {{ ref('int_edition_pairs') }}
),

before as (
    select
        portfolio.*,
        pairs.edition as to_edition
    from portfolio
    inner join pairs on portfolio.edition = pairs.from_edition
),

after as (
    select
        portfolio.*,
        pairs.from_edition
    from portfolio
    inner join pairs using (edition)
),

paired as (
    select
        coalesce(after.edition, before.to_edition) as edition,
        coalesce(after.from_edition, before.edition) as from_edition,
        coalesce(after.project_id, before.project_id) as project_id,
        coalesce(after.name, before.name) as name,
        coalesce(after.perimeter, before.perimeter) as perimeter,
        before.project_id is not null as was_present,
        after.project_id is not null as is_present,
        before.current_cost_meur as from_cost,
        after.current_cost_meur as to_cost,
        {%- for rate in means.values() %}
        before.{{ rate }} as from_{{ rate }},
        after.{{ rate }} as to_{{ rate }},
        {%- endfor %}
        -- What the rate would be against the baseline of the earlier edition.
        {{ exact_ratio('after.current_cost_meur - before.baseline_cost_meur', 'before.baseline_cost_meur') }} as unmoved_budget_variance_rate,
        {{ exact_ratio('after.current_duration_days - before.baseline_duration_days', 'before.baseline_duration_days', scale=18) }} as unmoved_duration_variance_rate,
        {%- for column in ['start_date', 'start_precision', 'duration_days', 'duration_precision', 'stated_end_date', 'stated_end_precision'] %}
        before.baseline_end_{{ column }} as from_{{ column }},
        after.{{ 'current_' if 'duration' in column }}{{ column }} as to_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from after
    full join before
        on
            after.edition = before.to_edition
            and after.from_edition = before.edition
            and after.project_id = before.project_id
),

unmoved as (
    select
        *,
        {{ exact_ratio('unmoved_end_change_days', 'from_duration_days', scale=18) }} as unmoved_schedule_variance_rate
    from {{ compared_ends('paired', 'unmoved_end', trajectory('from_', 'duration'), trajectory('to_', 'duration')) }}
),

rates as (
    {%- for mean, rate in means.items() %}
    select
        edition,
        from_edition,
        '{{ mean }}' as measure,
        project_id,
        name,
        perimeter,
        was_present,
        is_present,
        from_{{ rate }} as from_value,
        to_{{ rate }} as to_value,
        unmoved_{{ rate }} as unmoved_value
    from unmoved
    where from_{{ rate }} is not null or to_{{ rate }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Over the population of each edition: how many, and the sum of their rates.
counted as (
    select
        *,
        count(from_value) over pair as n1,
        count(to_value) over pair as n2,
        sum(from_value) over pair as s1,
        sum(to_value) over pair as s2
    from rates
    window pair as (partition by edition, from_edition, measure)
),

-- Who is in both populations moves the mean by what it moved, who is in one alone by how far it stands from the earlier mean.
weighed as (
    select
        * exclude (n1, n2, s1, s2),
        case
            when from_value is not null and to_value is not null then {{ exact_ratio('100 * (to_value - from_value)', 'n2', scale=12) }}
            when to_value is not null then {{ exact_ratio('100 * (n1 * to_value - s1)', 'n1 * n2', scale=12) }}
            else {{ exact_ratio('100 * (s1 - n1 * from_value)', 'n1 * n2', scale=12) }}
        end as share,
        case
            when from_value is not null and to_value is not null then {{ exact_ratio('100 * (to_value - unmoved_value)', 'n2', scale=12) }}
            else 0
        end as rebaselining,
        100 * {{ exact_ratio('s2', 'n2', scale=12) }} - 100 * {{ exact_ratio('s1', 'n1', scale=12) }} as change
    from counted
    where n1 > 0 and n2 > 0
),

-- The shares are rounded at their twelfth digit: the project that weighs most takes what that leaves, so that they sum to the change.
balanced as (
    select
        * replace (
            share + case
                when row_number() over (partition by edition, from_edition, measure order by abs(share) desc, project_id) = 1
                    then change - sum(share) over (partition by edition, from_edition, measure)
                else 0
            end as share
        )
    from weighed
),

contributions as (
    select
        edition,
        from_edition,
        'total_cost_meur' as measure,
        project_id,
        name,
        perimeter,
        was_present,
        is_present,
        cast(from_cost as decimal(38, 12)) as from_value,
        cast(to_cost as decimal(38, 12)) as to_value,
        cast(coalesce(to_cost, 0) - coalesce(from_cost, 0) as decimal(38, 12)) as contribution,
        cast(0 as decimal(38, 12)) as rebaselining
    from paired
    where from_cost is not null or to_cost is not null
    union all by name
    select
        edition,
        from_edition,
        measure,
        project_id,
        name,
        perimeter,
        was_present,
        is_present,
        cast(100 * from_value as decimal(38, 12)) as from_value,
        cast(100 * to_value as decimal(38, 12)) as to_value,
        cast(share as decimal(38, 12)) as contribution,
        cast(rebaselining as decimal(38, 12)) as rebaselining
    from balanced
)

select
    *,
    case
        when not was_present then 'entrants'
        when not is_present then 'leavers'
        when from_value is null then 'newly_known'
        when to_value is null then 'withdrawn'
        when contribution > rebaselining then 'rises'
        when contribution < rebaselining then 'falls'
        else 'unchanged'
    end as part
from contributions
