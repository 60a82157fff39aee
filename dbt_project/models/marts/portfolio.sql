with counted as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

baselines as (
    select * from {{ ref('int_baselines') }}
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
        {%- for measure in ['cost_meur', 'duration_days'] %}
        -- What later editions say is not used. A row that came too late to set a baseline is compared with itself.
        case
            when baselines.declared_{{ measure }}_since <= counted.edition then baselines.declared_{{ measure }}
            when baselines.first_seen_{{ measure }}_since <= counted.edition then baselines.first_seen_{{ measure }}
            else coalesce(counted.initial_{{ measure }}, counted.current_{{ measure }})
        end as baseline_{{ measure }},
        case
            when baselines.declared_{{ measure }}_since <= counted.edition then 'declared'
            when baselines.first_seen_{{ measure }}_since <= counted.edition then 'first_seen'
            when counted.initial_{{ measure }} is not null then 'declared'
            when counted.current_{{ measure }} is not null then 'first_seen'
        end as baseline_{{ measure }}_source,
        {%- endfor %}
        case
            when baselines.first_seen_start_since <= counted.edition then baselines.first_seen_start
            else counted.start_date
        end as baseline_start_date
    from counted
    left join baselines using (project_id)
    left join perimeters using (perimeter)
    left join phases using (phase)
)

select
    edition,
    project_id,
    name,
    perimeter,
    perimeter_name,
    ministry,
    is_interministerial,
    description,
    more_info_url,
    start_date,
    start_precision,
    phase,
    current_duration_days,
    current_duration_precision,
    cast({{ exact_ratio('current_duration_days', '365', scale=18, digits=4) }} as decimal(9, 4)) as current_duration_years,
    -- The calendar of most readers ends with the year 9999, which some type for `never`.
    case when planned_end_date <= date '9999-12-31' then planned_end_date end as planned_end_date,
    current_cost_meur,
    cost_band,
    functional_zone,
    funding_programmes,
    declared_confidence,
    variance_comment,
    exit_reason,
    baseline_cost_meur,
    baseline_duration_days,
    baseline_start_date,
    case
        when baseline_cost_meur_source <> baseline_duration_days_source then 'mixed'
        else coalesce(baseline_cost_meur_source, baseline_duration_days_source)
    end as baseline_source,
    baseline_cost_meur_source as baseline_cost_source,
    baseline_duration_days_source as baseline_duration_source,
    case
        when is_in_variance_population and baseline_cost_meur > 0
            then {{ exact_ratio('current_cost_meur - baseline_cost_meur', 'baseline_cost_meur') }}
    end as budget_variance_rate,
    case
        when is_in_variance_population and baseline_duration_days > 0
            then {{ exact_ratio('current_duration_days - baseline_duration_days', 'baseline_duration_days', scale=18) }}
    end as schedule_variance_rate,
    coalesce(current_cost_meur > {{ var('top50_threshold_meur') }}, false) as is_top50_eligible,
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number,
    cost_cell,
    duration_cell,
    cost_typed,
    duration_typed
from with_baselines
