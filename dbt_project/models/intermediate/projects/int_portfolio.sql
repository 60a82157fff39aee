{{ config(materialized='table') }}
with counted as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

baselines as (
    select
        edition,
        project_id,
        {%- for measure in ['cost', 'duration', 'start'] %}
        {%- for side in ['original', 'in_force'] %}
        any_value({{ side }}_{{ 'day' if measure == 'start' else 'amount' }}) filter (where measure = '{{ measure }}') as {{ side }}_{{ measure }},
        {%- endfor %}
        any_value(original_source) filter (where measure = '{{ measure }}') as {{ measure }}_source,
        any_value(original_submission_id) filter (where measure = '{{ measure }}') as {{ measure }}_submission_id,
        any_value(original_cell) filter (where measure = '{{ measure }}') as {{ measure }}_cell,
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
        perimeters.perimeter_name,
        -- A phase that could not be read excludes nothing.
        coalesce(phases.is_in_variance_population, true) as is_in_variance_population,
        cast(baselines.original_cost as decimal(20, 8)) as baseline_cost_meur,
        baselines.original_duration as baseline_duration_days,
        baselines.original_start as baseline_start_date,
        baselines.cost_source as baseline_cost_source,
        baselines.duration_source as baseline_duration_source,
        baselines.cost_submission_id as baseline_cost_submission_id,
        baselines.duration_submission_id as baseline_duration_submission_id,
        baselines.cost_cell as baseline_cost_cell,
        baselines.duration_cell as baseline_duration_cell,
        baselines.start_submission_id as baseline_start_submission_id,
        cast(baselines.in_force_cost as decimal(20, 8)) as current_baseline_cost_meur,
        baselines.in_force_duration as current_baseline_duration_days,
        baselines.in_force_start as current_baseline_start_date,
        cast(coalesce(baselines.rebaselines, 0) as integer) as rebaselines
    from counted
    left join baselines using (edition, project_id)
    left join perimeters using (perimeter)
    left join phases using (phase)
)

select
    * replace (
        -- The calendar of most readers ends with the year 9999, which some type for `never`.
        case when planned_end_date <= date '9999-12-31' then planned_end_date end as planned_end_date
    ),
    cast({{ in_years('current_duration_days', digits=4) }} as decimal(9, 4)) as current_duration_years,
    case
        when baseline_cost_source <> baseline_duration_source then 'mixed'
        else coalesce(baseline_cost_source, baseline_duration_source)
    end as baseline_source,
    {%- for prefix, name in [('', ''), ('current_', 'current_baseline_')] %}
    case
        when is_in_variance_population and {{ prefix }}baseline_cost_meur > 0
            then {{ exact_ratio('current_cost_meur - ' ~ prefix ~ 'baseline_cost_meur', prefix ~ 'baseline_cost_meur') }}
    end as {{ name }}budget_variance_rate,
    case
        when is_in_variance_population and {{ prefix }}baseline_duration_days > 0
            then {{ exact_ratio('current_duration_days - ' ~ prefix ~ 'baseline_duration_days', prefix ~ 'baseline_duration_days', scale=18) }}
    end as {{ name }}schedule_variance_rate,
    {%- endfor %}
    coalesce(current_cost_meur > {{ var('top50_threshold_meur') }}, false) as is_top50_eligible
from with_baselines
