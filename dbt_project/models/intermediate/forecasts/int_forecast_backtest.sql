{{ config(materialized='table') }}
with editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects' and previous_edition is not null
),

said as (
    select
        trials.seen_in,
        trials.ahead,
        trials.measure,
        trials.change,
        {{ change_ahead('p50') }} as p50,
        {{ change_ahead('p80') }} as p80,
        {{ probability_over('rates.hazard', 'trials.semesters') }} as probability
    from {{ ref('int_forecast_trials') }} as trials
    inner join {{ ref('int_forecast_rates') }} as rates using (edition, ahead, measure)
    where trials.seen_in is not null
),

scored as (
    {%- for quantile, share in [('p50', '0.5'), ('p80', '0.8')] %}
    select
        seen_in,
        ahead || '_' || measure || '_{{ quantile }}' as forecast,
        (change <= {{ quantile }})::integer as is_covered,
        greatest({{ share }} * (change - {{ quantile }}), ({{ share }} - 1) * (change - {{ quantile }})) as loss,
        greatest({{ share }} * change, ({{ share }} - 1) * change) as no_change_loss
    from said
    where measure <> 'slip'
    union all
    {%- endfor %}
    select
        seen_in,
        ahead || '_' || measure as forecast,
        null as is_covered,
        (probability - change) * (probability - change) as loss,
        change * change as no_change_loss
    from said
    where measure = 'slip'
),

forecasts (forecast) as (
    values ('next_slip'){% for ahead in ['next', 'final'] %}{% for measure in ['cost', 'end'] %}{% for quantile in ['p50', 'p80'] %}, ('{{ ahead }}_{{ measure }}_{{ quantile }}'){% endfor %}{% endfor %}{% endfor %}
)

select
    editions.edition,
    scopes.scope,
    forecasts.forecast,
    cast(count(scored.loss) as integer) as n,
    cast({{ exact_ratio('sum(scored.is_covered)', 'count(scored.is_covered)', digits=4) }} as decimal(5, 4)) as coverage,
    {%- for loss in ['loss', 'no_change_loss'] %}
    cast({{ exact_ratio('sum(scored.' ~ loss ~ ')', 'count(scored.loss)', scale=12, digits=6) }} as decimal(18, 6)) as {{ loss }},
    {%- endfor %}
    {{ forecast_model_version() }} as model_version
from editions
cross join (values ('edition'), ('so_far')) as scopes (scope)
cross join forecasts
left join scored
    on
        forecasts.forecast = scored.forecast
        and (editions.edition = scored.seen_in or (scopes.scope = 'so_far' and editions.edition > scored.seen_in))
group by editions.edition, scopes.scope, forecasts.forecast
