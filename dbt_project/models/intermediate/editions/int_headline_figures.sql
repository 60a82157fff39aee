{{ config(materialized='table') }}
{%- set kinds = ['projects', 'procedures', 'roadmap', 'indicators'] -%}
{#- Variance -> the change that its rate is made of, and the baseline under it, with their scale. -#}
{%- set variances = {
    'budget': ('current_cost_meur - baseline_cost_meur', 'baseline_cost_meur', 'baseline_cost_source', 8),
    'schedule': ('end_change_days', 'baseline_end_duration_days', 'baseline_end_source', 18),
    'duration': ('current_duration_days - baseline_duration_days', 'baseline_duration_days', 'baseline_duration_source', 18),
} -%}
{%- set absences = ['phase', 'unknown_value', 'zero_baseline', 'first_value'] -%}

with editions as (
    select
        edition,
        -- Everyone files projects and procedures; before the first of them, nothing says that an open edition is whole.
        coalesce(
            bool_or(is_provisional) filter (where kind in ('projects', 'procedures')),
            not bool_or(is_closed)
        ) as provisional,
        max(previous_edition) filter (where kind = 'projects') as previous_edition,
        {%- for kind in kinds %}
        max(perimeters_filed) filter (where kind = '{{ kind }}') as perimeters_filed_{{ kind }},
        array_to_string(any_value(missing_perimeters) filter (where kind = '{{ kind }}'), ', ') as missing_perimeters_{{ kind }},
        {%- endfor %}
        list_sort(list_distinct(flatten(list(missing_perimeters) filter (where kind in ('projects', 'procedures'))))) as missing_perimeters
    from {{ ref('int_editions') }}
    group by edition
),

filed as (
    select
        edition,
        count(distinct perimeter) filter (where kind in ('projects', 'procedures')) as perimeters_filed,
        max(received_at) as released_at,
        {%- for kind in kinds %}
        bool_or(kind = '{{ kind }}') as has_{{ kind }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_submissions') }}
    where superseded_at is null
    group by edition
),

projects as (
    select
        edition,
        count(*) as projects,
        count(*) filter (where is_interministerial) as interministerial,
        sum(current_cost_meur) as total_cost_meur,
        {{ exact_ratio('sum(current_duration_days)', days_in_a_year() ~ ' * count(current_duration_days)', scale=18) }} as mean_duration_years,
        {%- for name, (change, of, source, scale) in variances.items() %}
        {%- set is_in = 'filter (where ' ~ name ~ '_variance_rate is not null)' %}
        count({{ name }}_variance_rate) as {{ name }}_variance_projects,
        -- Each rate is off by half a unit of its twelfth digit at most, so their mean too: this rounding takes it back.
        {{ exact_ratio('sum(' ~ name ~ '_variance_rate)', 'count(' ~ name ~ '_variance_rate)', scale=12) }} as {{ name }}_variance_mean,
        {{ exact_ratio('100 * sum(' ~ change ~ ') ' ~ is_in, 'sum(' ~ of ~ ') ' ~ is_in, scale=scale, digits=1) }} as {{ name }}_variance_aggregate_pct,
        list_distinct(list({{ source }}) {{ is_in }}) as {{ name }}_variance_sources,
        {%- for absence in absences %}
        count(*) filter (where {{ name }}_variance_absence = '{{ absence }}') as {{ name }}_variance_outside_{{ absence }}{{ ',' if not loop.last }}
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_portfolio') }}
    group by edition
),

movements as (
    select
        edition,
        count(*) filter (where movement in ('in', 'back')) as entrants,
        count(*) filter (where movement = 'out') as leavers
    from {{ ref('int_movements') }}
    group by edition
),

-- What the State said itself of the edition, last.
published as (
    select
        edition,
        published_on,
        budget_variance_pct,
        duration_variance_pct
    from {{ ref('int_state_publications') }}
    qualify row_number() over (partition by edition order by published_on desc) = 1
),

procedures as (
    select
        edition,
        count(*) as procedures,
        count(*) filter (where online_goal_status = 'reached') as procedures_online,
        count(*) filter (where authentication = 'franceconnect') as franceconnect,
        count(*) filter (where authentication = 'franceconnect_plus') as franceconnect_plus,
        {%- for indicator in ['satisfaction', 'dlnuf', 'accessibility'] %}
        count(*) filter (where {{ indicator }}_status = 'reached') as {{ indicator }}_reached,
        count(*) filter (where {{ indicator }}_status <> 'excluded') as {{ indicator }}_rated{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_procedures') }}
    where is_in_top250
    group by edition
),

roadmap as (
    select
        edition,
        count(*) as roadmap_actions,
        count(distinct folded_name(mission)) as roadmap_missions,
        count(*) filter (where is_completed) as roadmap_completed,
        count(*) filter (where is_due_by_year_end) as roadmap_due_by_year_end,
        count(*) filter (where is_new) as roadmap_new
    from {{ ref('int_roadmap') }}
    group by edition
),

indicators as (
    select
        edition,
        count(*) as indicators
    from {{ ref('int_indicators') }}
    group by edition
)

select
    edition,
    '{{ var("method_version") }}' as method_version,
    editions.provisional,
    cast(filed.perimeters_filed as integer) as perimeters_filed,
    coalesce(array_to_string(editions.missing_perimeters, ', '), '') as missing_perimeters,
    {%- for kind in kinds %}
    cast(editions.perimeters_filed_{{ kind }} as integer) as perimeters_filed_{{ kind }},
    editions.missing_perimeters_{{ kind }},
    {%- endfor %}
    editions.previous_edition,
    -- A kind that the edition lacks has no figure; a kind filed without a row counts 0.
    {%- for column in ['projects', 'interministerial'] %}
    cast(case when filed.has_projects then coalesce(projects.{{ column }}, 0) end as integer) as {{ column }},
    {%- endfor %}
    cast(case when filed.has_projects then coalesce(projects.total_cost_meur, 0) end as decimal(38, 8)) as total_cost_meur,
    cast(case when filed.has_projects then round(coalesce(projects.total_cost_meur, 0) * 0.001, 2) end as decimal(12, 2)) as total_cost_bn_eur,
    projects.mean_duration_years as exact_mean_duration_years,
    cast(round(projects.mean_duration_years, 1) as decimal(6, 1)) as mean_duration_years,
    cast(case when editions.previous_edition is not null then coalesce(movements.entrants, 0) end as integer) as entrants,
    cast(case when editions.previous_edition is not null then coalesce(movements.leavers, 0) end as integer) as leavers,
    {%- set sources = 'list_distinct(list_concat(projects.budget_variance_sources, projects.schedule_variance_sources))' %}
    case when len({{ sources }}) > 1 then 'mixed' else {{ sources }}[1] end as baseline_source,
    {%- for name in variances %}
    projects.{{ name }}_variance_mean as exact_{{ name }}_variance_mean,
    {{ percent('projects.' ~ name ~ '_variance_mean') }} as {{ name }}_variance_mean_pct,
    try_cast(projects.{{ name }}_variance_aggregate_pct as decimal(12, 1)) as {{ name }}_variance_aggregate_pct,
    cast(case when filed.has_projects then coalesce(projects.{{ name }}_variance_projects, 0) end as integer) as {{ name }}_variance_projects,
    case when len(projects.{{ name }}_variance_sources) > 1 then 'mixed' else projects.{{ name }}_variance_sources[1] end as {{ name }}_variance_baseline_source,
    {%- for absence in absences %}
    cast(case when filed.has_projects then coalesce(projects.{{ name }}_variance_outside_{{ absence }}, 0) end as integer) as {{ name }}_variance_outside_{{ absence }},
    {%- endfor %}
    {%- endfor %}
    published.published_on,
    published.budget_variance_pct as published_budget_variance_pct,
    published.duration_variance_pct as published_duration_variance_pct,
    {%- for column in ['procedures', 'procedures_online', 'franceconnect', 'franceconnect_plus', 'satisfaction_reached', 'satisfaction_rated', 'dlnuf_reached', 'dlnuf_rated', 'accessibility_reached', 'accessibility_rated'] %}
    cast(case when filed.has_procedures then coalesce(procedures.{{ column }}, 0) end as integer) as {{ column }},
    {%- endfor %}
    {%- for column in ['roadmap_actions', 'roadmap_missions', 'roadmap_completed', 'roadmap_due_by_year_end', 'roadmap_new'] %}
    cast(case when filed.has_roadmap then coalesce(roadmap.{{ column }}, 0) end as integer) as {{ column }},
    {%- endfor %}
    cast(case when filed.has_indicators then coalesce(indicators.indicators, 0) end as integer) as indicators,
    filed.released_at
from editions
inner join filed using (edition)
left join projects using (edition)
left join movements using (edition)
left join published using (edition)
left join procedures using (edition)
left join roadmap using (edition)
left join indicators using (edition)
