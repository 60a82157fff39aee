{{ config(meta={'dagster': {'ref': {'name': 'forecast_backtest'}}}) }}
-- One row per forecast or score that breaks a rule of the model.
{% for ahead in ['next', 'final'] %}
{%- for measure, unit in [('cost', 'meur'), ('end', 'date')] %}
{%- set column = ahead ~ '_' ~ measure %}
select edition, project_id, '{{ column }}: P50 over P80, or of too few changes' as broken
from {{ ref('forecasts') }}
where
    {{ column }}_p50_{{ unit }} > {{ column }}_p80_{{ unit }}
    or ({{ column }}_p50_{{ unit }} is not null and {{ measure }}_n < {{ least_changes_of_a_forecast() }})
union all
{%- endfor %}
select edition, project_id, '{{ ahead }}_end: not ahead of the edition''s date' as broken
from {{ ref('forecasts') }}
where {{ ahead }}_end_p50_date <= {{ as_of('edition') }}
union all
{%- endfor %}
select edition, project_id, 'a probability is a share, and has changes behind it' as broken
from {{ ref('forecasts') }}
where slip_probability not between 0 and 1 or (slip_probability is null) <> (slip_n = 0)
union all
select p50.edition, p50.forecast as project_id, 'what is covered by a P50 is covered by a P80' as broken
from {{ ref('forecast_backtest') }} as p50
inner join {{ ref('forecast_backtest') }} as p80
    on p50.edition = p80.edition and p50.scope = p80.scope and replace(p50.forecast, 'p50', 'p80') = p80.forecast
where p50.coverage > p80.coverage or p50.n <> p80.n
