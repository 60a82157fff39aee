{{ config(materialized='table') }}
{#- Variance -> what it compares with its baseline, the measure of the baseline, and the scale of both. -#}
{%- set variances = {
    'budget': {'change': 'current_cost_meur - {}baseline_cost_meur', 'of': '{}baseline_cost_meur', 'measure': 'cost', 'known': 'current_cost_meur', 'scale': 8},
    'schedule': {'change': '{}end_change_days', 'of': '{}baseline_end_duration_days', 'measure': 'end', 'known': 'planned_end_date', 'scale': 18},
    'duration': {'change': 'current_duration_days - {}baseline_duration_days', 'of': '{}baseline_duration_days', 'measure': 'duration', 'known': 'current_duration_days', 'scale': 18},
} -%}

with counted as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

baselines as (
    select
        edition,
        project_id,
        {%- for measure, value in [('cost', 'amount'), ('duration', 'amount'), ('start', 'day')] %}
        {%- for side in ['original', 'in_force'] %}
        any_value({{ side }}_{{ value }}) filter (where measure = '{{ measure }}') as {{ side }}_{{ measure }},
        {%- endfor %}
        {%- endfor %}
        {%- for measure in ['cost', 'duration', 'start', 'end'] %}
        any_value(original_source) filter (where measure = '{{ measure }}') as baseline_{{ measure }}_source,
        any_value(original_edition) filter (where measure = '{{ measure }}') as baseline_{{ measure }}_edition,
        any_value(original_submission_id) filter (where measure = '{{ measure }}') as baseline_{{ measure }}_submission_id,
        any_value(original_cell) filter (where measure = '{{ measure }}') as baseline_{{ measure }}_cell,
        {%- endfor %}
        {%- for prefix, side in [('', 'original'), ('current_', 'in_force')] %}
        any_value({{ side }}_amount) filter (where measure = 'end') as {{ prefix }}baseline_end_duration_days,
        any_value({{ side }}_precision) filter (where measure = 'end') as {{ prefix }}baseline_end_duration_precision,
        {%- for column in ['start_date', 'start_precision', 'stated_end_date', 'stated_end_precision'] %}
        any_value({{ side }}_{{ column }}) filter (where measure = 'end') as {{ prefix }}baseline_end_{{ column }},
        {%- endfor %}
        {%- endfor %}
        sum(rebaselines) as rebaselines
    from {{ ref('int_baselines') }}
    group by edition, project_id
),

perimeters as (
    select perimeter, perimeter_name from {{ ref('perimeters') }}
),

phases as (
    select phase, is_in_variance_population from {{ ref('phases') }}
),

with_baselines as (
    select
        counted.*,
        coalesce(
            counted.start_date + cast(round(counted.current_duration_days) as integer),
            counted.stated_end_date
        ) as planned_end_date,
        case
            when counted.stated_end_date is not null then counted.stated_end_precision
            else {{ precision_of_a_sum('counted.start_precision', 'counted.current_duration_precision') }}
        end as planned_end_precision,
        coalesce(
            baselines.baseline_end_stated_end_date,
            baselines.baseline_end_start_date + cast(round(baselines.baseline_end_duration_days) as integer)
        ) as baseline_end_date,
        perimeters.perimeter_name,
        -- A phase that could not be read excludes nothing.
        coalesce(phases.is_in_variance_population, true) as is_in_variance_population,
        baselines.* exclude (edition, project_id, original_cost, in_force_cost, original_duration, in_force_duration, original_start, in_force_start, rebaselines),
        cast(baselines.original_cost as decimal(20, 8)) as baseline_cost_meur,
        baselines.original_duration as baseline_duration_days,
        baselines.original_start as baseline_start_date,
        cast(baselines.in_force_cost as decimal(20, 8)) as current_baseline_cost_meur,
        baselines.in_force_duration as current_baseline_duration_days,
        baselines.in_force_start as current_baseline_start_date,
        cast(coalesce(baselines.rebaselines, 0) as integer) as rebaselines
    from counted
    left join baselines using (edition, project_id)
    left join perimeters using (perimeter)
    left join phases using (phase)
),

compared as (
    select * from {{ compared_ends('with_baselines', 'original', trajectory('baseline_end_', 'duration'), trajectory()) }}
),

compared_again as (
    select
        * replace (
            -- The calendar of most readers ends with the year 9999, which some type for `never`.
            case when planned_end_date <= date '9999-12-31' then planned_end_date end as planned_end_date,
            case when planned_end_date <= date '9999-12-31' then planned_end_precision end as planned_end_precision,
            case when baseline_end_date <= date '9999-12-31' then baseline_end_date end as baseline_end_date
        )
    from {{ compared_ends('compared', 'in_force', trajectory('current_baseline_end_', 'duration'), trajectory()) }}
),

with_ends as (
    select
        columns(lambda name: not regexp_matches(name, '^(original|in_force)_')),
        cast(original_change_days as integer) as end_change_days,
        cast(in_force_change_days as integer) as current_end_change_days
    from compared_again
),

-- Why a project is outside of a variance, the first that holds; a value that is its own baseline has a rate of 0 by construction.
placed as (
    select
        *,
        {%- for name, variance in variances.items() %}
        case
            when not is_in_variance_population then 'phase'
            when {{ variance.known }} is null or {{ variance.of.format('') }} is null then 'unknown_value'
            when {{ variance.of.format('') }} <= 0 then 'zero_baseline'
            when baseline_{{ variance.measure }}_source = 'first_seen' and baseline_{{ variance.measure }}_edition = edition then 'first_value'
        end as {{ name }}_variance_absence{{ ',' if not loop.last }}
        {%- endfor %}
    from with_ends
)

select
    *,
    cast({{ in_years('current_duration_days', digits=4) }} as decimal(9, 4)) as current_duration_years,
    case
        when baseline_cost_source <> baseline_duration_source then 'mixed'
        else coalesce(baseline_cost_source, baseline_duration_source)
    end as baseline_source,
    {%- for prefix, name in [('', ''), ('current_', 'current_baseline_')] %}
    {%- for variance in variances %}
    case
        when {{ variance }}_variance_absence is null and {{ variances[variance].of.format(prefix) }} > 0
            then {{ exact_ratio(variances[variance].change.format(prefix), variances[variance].of.format(prefix), scale=variances[variance].scale) }}
    end as {{ name }}{{ variance }}_variance_rate,
    {%- endfor %}
    {%- endfor %}
    coalesce(current_cost_meur > {{ var('top50_threshold_meur') }}, false) as is_top50_eligible
from placed
