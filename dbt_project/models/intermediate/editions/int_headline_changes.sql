{#- Figure -> its kind, its exact value, and how many digits of it and of its change are shown. -#}
{%- set figures = {
    'projects': ('projects', 'projects', 0),
    'total_cost_bn_eur': ('projects', 'total_cost_meur * 0.001', 2),
    'mean_duration_years': ('projects', 'exact_mean_duration_years', 1),
    'budget_variance_mean_pct': ('projects', '100 * exact_budget_variance_mean', 1),
    'schedule_variance_mean_pct': ('projects', '100 * exact_schedule_variance_mean', 1),
    'duration_variance_mean_pct': ('projects', '100 * exact_duration_variance_mean', 1),
    'procedures': ('procedures', 'procedures', 0),
    'procedures_online': ('procedures', 'procedures_online', 0),
    'satisfaction_reached': ('procedures', 'satisfaction_reached', 0),
    'dlnuf_reached': ('procedures', 'dlnuf_reached', 0),
    'accessibility_reached': ('procedures', 'accessibility_reached', 0),
    'franceconnect': ('procedures', 'franceconnect', 0),
    'franceconnect_plus': ('procedures', 'franceconnect_plus', 0),
    'roadmap_actions': ('roadmap', 'roadmap_actions', 0),
    'roadmap_completed': ('roadmap', 'roadmap_completed', 0),
} -%}

with editions as (
    select edition, kind, previous_edition from {{ ref('int_editions') }}
    where previous_edition is not null
),

figures as (
    select * from {{ ref('int_headline_figures') }}
),

said as (
    {%- for figure, (kind, value, places) in figures.items() %}
    select
        edition,
        '{{ figure }}' as figure,
        '{{ kind }}' as kind,
        {{ places }} as places,
        cast({{ value }} as decimal(38, 12)) as value,
        -- The rate of a few projects is of each of them: it is compared with nothing.
        {% if '_variance_' in figure %}{{ figure.removesuffix('_mean_pct') }}_projects >= {{ var('least_projects_compared') }}{% else %}true{% endif %} as is_comparable
    from figures
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    now.edition,
    now.figure,
    now.kind,
    editions.previous_edition,
    {%- for name, exact in [('previous_value', 'before.value'), ('value', 'now.value'), ('change', 'now.value - before.value')] %}
    -- DuckDB rounds a decimal to a constant number of digits only.
    case now.places {% for places in [0, 1, 2] %}when {{ places }} then cast(round({{ exact }}, {{ places }}) as decimal(38, 2)) {% endfor %}end as {{ name }},
    {%- endfor %}
    cast(now.places as integer) as places
from said as now
inner join editions using (edition, kind)
inner join said as before
    on editions.previous_edition = before.edition and now.figure = before.figure
where now.value is not null and before.value is not null and now.is_comparable and before.is_comparable
