{{ config(materialized='table') }}
{%- set enough = least_changes_of_a_class() -%}
{#- Cost bands in M€, those of the published labels. -#}
{%- set bounds_meur = [5, 9, 20, 100] -%}
{%- set forecasted = [('next', 'cost'), ('next', 'end'), ('final', 'cost'), ('final', 'end'), ('next', 'slip')] -%}

with portfolio as (
    select * from {{ ref('int_portfolio') }}
),

editions as (
    select edition, position from {{ ref('int_editions') }}
    where kind = 'projects'
),

slipped as (
    {{ slipped_projects(ref('int_slips')) }}
),

projects as (
    select
        editions.position,
        portfolio.edition,
        portfolio.project_id,
        portfolio.name,
        portfolio.perimeter,
        portfolio.phase,
        portfolio.current_cost_meur,
        portfolio.planned_end_date,
        not {{ is_over('portfolio.') }} as is_running,
        coalesce(portfolio.phase, 'unknown') as phase_class,
        case
            {%- for bound in bounds_meur %}
            when portfolio.current_cost_meur < {{ bound }}
                then '{{ loop.previtem | string ~ '_to_' if not loop.first else 'under_' }}{{ bound }}_meur'
            {%- endfor %}
            when portfolio.current_cost_meur >= {{ bounds_meur | last }} then 'from_{{ bounds_meur | last }}_meur'
            else 'unknown'
        end as band_class,
        -- Semesters from the edition's own to that of the planned end; greatest() ignores nulls.
        case
            when portfolio.planned_end_date is not null
                then greatest(
                    1,
                    year(portfolio.planned_end_date) * 2 + (month(portfolio.planned_end_date) > 6)::integer
                    - cast(left(portfolio.edition, 4) as integer) * 2 - (right(portfolio.edition, 1) = '2')::integer
                )
        end as semesters_left
    from portfolio
    inner join editions using (edition)
),

changes as (
    select
        earlier.edition,
        earlier.project_id,
        earlier.phase_class,
        earlier.band_class,
        later.position as seen_at,
        later.position - earlier.position as span,
        {{ cost_factor('earlier.current_cost_meur', 'later.current_cost_meur') }} as cost_change,
        {{ months_later('earlier.planned_end_date', 'later.planned_end_date') }} as end_change,
        case
            when
                later.position = earlier.position + 1
                and {{ can_be_seen_to_slip('earlier', 'later') }}
                then coalesce(slipped.has_slipped, false)::integer
        end as slip_change
    from projects as earlier
    inner join projects as later
        on earlier.project_id = later.project_id and earlier.position < later.position
    left join slipped
        on later.edition = slipped.edition and later.project_id = slipped.project_id
    where earlier.is_running
),

measured as (
    {%- for measure in ['cost', 'end', 'slip'] %}
    select
        '{{ measure }}' as measure,
        phase_class,
        band_class,
        seen_at,
        span,
        cast({{ measure }}_change as decimal(18, 12)) as change
    from changes
    where {{ measure }}_change is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- What each edition knew: changes seen in it or before.
classes as (
    select
        editions.edition,
        measured.measure,
        measured.span,
        measured.phase_class,
        measured.band_class,
        grouping(measured.phase_class, measured.band_class) as pooling,
        count(*) as n,
        quantile_disc(measured.change, 0.5) as p50,
        case when count(*) >= {{ least_changes_of_a_p80() }} then quantile_disc(measured.change, 0.8) end as p80,
        case
            when measured.measure = 'slip'
                then cast({{ exact_ratio('sum(measured.change)', 'count(*)', digits=6) }} as decimal(7, 6))
        end as slip_share
    from editions
    inner join measured on editions.position >= measured.seen_at
    group by editions.edition, measured.measure, measured.span, rollup (measured.phase_class, measured.band_class)
),

running as (
    select * from projects
    where is_running and (current_cost_meur is not null or planned_end_date is not null)
),

horizons as (
    select edition, project_id, 'next' as ahead, 1 as reach from running
    union all
    select edition, project_id, 'final' as ahead, semesters_left as reach from running
),

-- The longest span within reach that was seen often enough, then its narrowest class; else all that was seen of one step.
chosen as (
    select
        horizons.edition,
        horizons.project_id,
        horizons.ahead,
        classes.measure,
        classes.span,
        classes.pooling,
        classes.n,
        classes.p50,
        classes.p80,
        classes.slip_share,
        case when classes.pooling = 3 then 'all' else concat_ws('/', classes.phase_class, classes.band_class) end as class_name
    from horizons
    inner join running using (edition, project_id)
    inner join classes
        on
            running.edition = classes.edition
            and horizons.reach >= classes.span
            and coalesce(classes.phase_class, running.phase_class) = running.phase_class
            and coalesce(classes.band_class, running.band_class) = running.band_class
    where
        (classes.n >= {{ enough }} or (classes.span = 1 and classes.pooling = 3))
        and (classes.measure <> 'cost' or running.current_cost_meur is not null)
        and (classes.measure <> 'end' or running.planned_end_date is not null)
    qualify
        row_number() over (
            partition by horizons.edition, horizons.project_id, horizons.ahead, classes.measure
            order by classes.n >= {{ enough }} desc, classes.span desc, classes.pooling
        ) = 1
),

forecast as (
    select
        edition,
        project_id,
        {%- for ahead, measure in forecasted %}
        {%- for column in ['p50', 'p80', 'n', 'span', 'class_name'] %}
        max({{ column }}) filter (where ahead = '{{ ahead }}' and measure = '{{ measure }}') as {{ ahead }}_{{ measure }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        max(slip_share) filter (where ahead = 'next') as slip_share
    from chosen
    group by edition, project_id
),

base_rates as (
    select
        edition,
        slip_share as base_rate,
        n as base_rate_n
    from classes
    where measure = 'slip' and pooling = 3
),

-- What earlier editions would have said, held against what they then saw.
trials as (
    select
        changes.seen_at,
        {{ squared_error('forecast.slip_share', 'changes.slip_change') }} as class_error,
        {{ squared_error('base_rates.base_rate', 'changes.slip_change') }} as base_rate_error
    from changes
    inner join forecast using (edition, project_id)
    inner join base_rates using (edition)
),

choices as (
    select
        editions.edition,
        coalesce(sum(trials.class_error) < sum(trials.base_rate_error), false) as is_class_better
    from editions
    left join trials on editions.position >= trials.seen_at
    group by editions.edition
)

select
    running.edition,
    running.project_id,
    running.name,
    running.perimeter,
    running.phase,
    running.current_cost_meur,
    running.planned_end_date,
    cast(running.semesters_left as integer) as semesters_left,
    {%- for ahead, measure in forecasted if measure != 'slip' %}
    {%- set column = ahead ~ '_' ~ measure %}
    {%- for quantile in ['p50', 'p80'] %}
    {%- if measure == 'cost' %}
    try_cast(round(running.current_cost_meur * forecast.{{ column }}_{{ quantile }}, 8) as decimal(20, 8)) as {{ column }}_{{ quantile }}_meur,
    {%- else %}
    -- As in the portfolio, no date after the year 9999.
    case
        when running.planned_end_date + to_months(cast(forecast.{{ column }}_{{ quantile }} as integer)) <= date '9999-12-31'
            then cast(running.planned_end_date + to_months(cast(forecast.{{ column }}_{{ quantile }} as integer)) as date)
    end as {{ column }}_{{ quantile }}_date,
    {%- endif %}
    {%- endfor %}
    forecast.{{ column }}_class_name as {{ column }}_class,
    cast(coalesce(forecast.{{ column }}_n, 0) as integer) as {{ column }}_n,
    {%- if ahead == 'final' %}
    cast(forecast.{{ column }}_span as integer) as {{ column }}_span,
    {%- endif %}
    {%- endfor %}
    case when choices.is_class_better then forecast.slip_share else base_rates.base_rate end as slip_probability,
    case
        when base_rates.base_rate is null then null
        when choices.is_class_better then 'reference_class'
        else 'base_rate'
    end as published_model,
    forecast.slip_share as class_slip_probability,
    forecast.next_slip_class_name as slip_class,
    cast(coalesce(forecast.next_slip_n, 0) as integer) as slip_class_n,
    base_rates.base_rate as base_rate_slip_probability,
    cast(coalesce(base_rates.base_rate_n, 0) as integer) as base_rate_n,
    true as is_model_output,
    {{ forecast_model_version() }} as model_version
from running
inner join choices using (edition)
left join forecast using (edition, project_id)
left join base_rates using (edition)
