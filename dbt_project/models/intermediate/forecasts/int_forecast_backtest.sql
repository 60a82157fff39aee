with forecasts as (
    select * from {{ ref('int_forecasts') }}
),

portfolio as (
    select * from {{ ref('int_portfolio') }}
),

editions as (
    select edition, previous_edition, position from {{ ref('int_editions') }}
    where kind = 'projects' and previous_edition is not null
),

slipped as (
    {{ slipped_projects(ref('int_slips')) }}
),

-- 1 where the outcome is at or below the quantile, 0 above, null without one of both.
outcomes as (
    select
        editions.position,
        forecasts.slip_probability,
        {%- for quantile in ['p50', 'p80'] %}
        (later.current_cost_meur <= forecasts.next_cost_{{ quantile }}_meur)::integer as cost_{{ quantile }},
        ({{ months_later('forecasts.next_end_' ~ quantile ~ '_date', 'later.planned_end_date') }} <= 0)::integer as end_{{ quantile }},
        {%- endfor %}
        case
            when forecasts.base_rate_n > 0 and {{ can_be_seen_to_slip('forecasts', 'later') }}
                then coalesce(slipped.has_slipped, false)::integer
        end as slip,
        {{ squared_error('forecasts.class_slip_probability', 'slip') }} as class_error,
        {{ squared_error('forecasts.base_rate_slip_probability', 'slip') }} as base_rate_error,
        {{ squared_error('0', 'slip') }} as no_change_error
    from forecasts
    inner join editions on forecasts.edition = editions.previous_edition
    inner join portfolio as later
        on editions.edition = later.edition and forecasts.project_id = later.project_id
    left join slipped
        on later.edition = slipped.edition and later.project_id = slipped.project_id
),

scored as (
    select
        editions.previous_edition as edition,
        editions.edition as next_edition,
        scopes.scope,
        {%- for measure in ['cost', 'end'] %}
        {%- for quantile in ['p50', 'p80'] %}
        count(outcomes.{{ measure }}_{{ quantile }}) as {{ measure }}_{{ quantile }}_n,
        sum(outcomes.{{ measure }}_{{ quantile }}) as {{ measure }}_{{ quantile }}_covered,
        {%- endfor %}
        {%- endfor %}
        count(outcomes.slip) as slip_n,
        sum(outcomes.slip) as slips,
        sum(outcomes.class_error) as class_error,
        sum(outcomes.base_rate_error) as base_rate_error,
        sum(outcomes.no_change_error) as no_change_error
    from editions
    cross join (values ('step'), ('so_far')) as scopes (scope)
    left join outcomes
        on
            editions.position = outcomes.position
            or (scopes.scope = 'so_far' and editions.position > outcomes.position)
    group by editions.previous_edition, editions.edition, scopes.scope
)

select
    edition,
    next_edition,
    scope,
    {%- for measure in ['cost', 'end'] %}
    {%- for quantile in ['p50', 'p80'] %}
    cast({{ measure }}_{{ quantile }}_n as integer) as {{ measure }}_{{ quantile }}_n,
    cast({{ exact_ratio(measure ~ '_' ~ quantile ~ '_covered', measure ~ '_' ~ quantile ~ '_n', digits=4) }} as decimal(5, 4))
        as {{ measure }}_{{ quantile }}_coverage,
    {%- endfor %}
    {%- endfor %}
    cast(slip_n as integer) as slip_n,
    cast(coalesce(slips, 0) as integer) as slips,
    {%- for forecast, error in [('reference_class', 'class_error'), ('base_rate', 'base_rate_error'), ('no_change', 'no_change_error')] %}
    cast({{ exact_ratio(error, 'slip_n', scale=12, digits=6) }} as decimal(7, 6)) as brier_{{ forecast }},
    {%- endfor %}
    coalesce(class_error < base_rate_error, false) as is_class_better,
    case
        when scope = 'step' then null
        when class_error < base_rate_error then 'reference_class'
        else 'base_rate'
    end as published_model,
    {{ forecast_model_version() }} as model_version
from scored
