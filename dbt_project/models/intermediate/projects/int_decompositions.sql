{#- Mean -> its rate, and the value and the baseline that the rate compares, with their scale. -#}
{%- set means = {
    'budget_variance_mean_pct': ('budget_variance_rate', 'current_cost_meur', 'baseline_cost_meur', 8),
    'schedule_variance_mean_pct': ('schedule_variance_rate', 'current_duration_days', 'baseline_duration_days', 18),
} -%}

with portfolio as (
    select * from {{ ref('int_portfolio') }}
),

-- An edition for which all had nothing to declare has no project, and is one to compare.
editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects'
),

pairs as (
    select
        later.edition,
        earlier.edition as from_edition
    from editions as later
    inner join editions as earlier on later.edition > earlier.edition
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
        before.project_id is not null as was_present,
        after.project_id is not null as is_present,
        before.current_cost_meur as from_cost,
        after.current_cost_meur as to_cost,
        {%- for rate, value, baseline, scale in means.values() %}
        before.{{ rate }} as from_{{ rate }},
        after.{{ rate }} as to_{{ rate }},
        -- What the rate would be against the baseline of the earlier edition; a project that had none was not rebaselined.
        case
            when before.{{ baseline }} > 0 and after.{{ rate }} is not null
                then {{ exact_ratio('after.' ~ value ~ ' - before.' ~ baseline, 'before.' ~ baseline, scale=scale) }}
            else after.{{ rate }}
        end as unmoved_{{ rate }}{{ ',' if not loop.last }}
        {%- endfor %}
    from after
    full join before
        on
            after.edition = before.to_edition
            and after.from_edition = before.edition
            and after.project_id = before.project_id
),

-- Two editions without any project are a pair too, of which all parts are nothing.
compared as (
    select
        pairs.edition,
        pairs.from_edition,
        paired.* exclude (edition, from_edition)
    from pairs
    left join paired using (edition, from_edition)
),

costs as (
    select
        edition,
        from_edition,
        'total_cost_meur' as measure,
        count(from_cost) as from_projects,
        count(to_cost) as to_projects,
        -- All of one type: a union of two keeps the digits of neither.
        {%- for name, sum in [
            ('from_value', 'sum(from_cost)'),
            ('to_value', 'sum(to_cost)'),
            ('same_projects', 'sum(coalesce(to_cost, 0) - coalesce(from_cost, 0)) filter (where was_present and is_present)'),
            ('newly_known', 'sum(to_cost) filter (where was_present and from_cost is null)'),
            ('withdrawn', 'sum(-from_cost) filter (where is_present and to_cost is null)'),
            ('entrants', 'sum(to_cost) filter (where not was_present)'),
            ('leavers', 'sum(-from_cost) filter (where not is_present)'),
            ('rebaselining', '0'),
        ] %}
        cast(coalesce({{ sum }}, 0) as decimal(38, 12)) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from compared
    group by edition, from_edition
),

rates as (
    {%- for mean, (rate, value, baseline, scale) in means.items() %}
    select
        edition,
        from_edition,
        '{{ mean }}' as measure,
        was_present,
        is_present,
        from_{{ rate }} as from_rate,
        unmoved_{{ rate }} as unmoved_rate,
        to_{{ rate }} as to_rate
    from compared
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The steps that lead from one mean to the other, each rounded once: the parts are their differences, so they add up exactly.
steps as (
    select
        edition,
        from_edition,
        measure,
        count(from_rate) as from_projects,
        count(to_rate) as to_projects,
        {%- for step, sum, side in [
            ('from_all', 'sum(from_rate)', 'from'),
            ('from_leavers', 'sum(from_rate) filter (where not is_present)', 'from'),
            ('unmoved_same', 'sum(unmoved_rate) filter (where was_present)', 'to'),
            ('to_same', 'sum(to_rate) filter (where was_present)', 'to'),
            ('to_all', 'sum(to_rate)', 'to'),
        ] %}
        100 * {{ exact_ratio('coalesce(' ~ sum ~ ', 0)', 'count(' ~ side ~ '_rate)', scale=12) }} as {{ step }}{{ ',' if not loop.last }}
        {%- endfor %}
    from rates
    group by edition, from_edition, measure
),

split as (
    select * from costs
    union all by name
    select
        edition,
        from_edition,
        measure,
        from_projects,
        to_projects,
        from_all as from_value,
        to_all as to_value,
        unmoved_same - (from_all - from_leavers) as same_projects,
        to_all - to_same as entrants,
        -from_leavers as leavers,
        to_same - unmoved_same as rebaselining
    from steps
)

select
    edition,
    from_edition,
    measure,
    cast(from_projects as integer) as from_projects,
    cast(to_projects as integer) as to_projects,
    from_value,
    to_value,
    {%- for part in ['same_projects', 'newly_known', 'withdrawn', 'entrants', 'leavers', 'rebaselining'] %}
    -- Between two means of which one does not exist, there is nothing to split.
    case when from_value is not null and to_value is not null then {{ part }} end as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
from split
