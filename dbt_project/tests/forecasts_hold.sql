{{ config(meta={'dagster': {'ref': {'name': 'forecast_backtest'}}}) }}
-- One row per forecast that breaks a rule of the model, and per edition that publishes another model than its back-test says.

with forecasts as (
    select * from {{ ref('forecasts') }}
),

backtest as (
    select * from {{ ref('forecast_backtest') }}
),

quantiles as (
    {%- for ahead in ['next', 'final'] %}
    {%- for measure, unit in [('cost', 'meur'), ('end', 'date')] %}
    {%- set column = ahead ~ '_' ~ measure %}
    select
        edition,
        project_id,
        '{{ column }}' as measure,
        {{ column }}_p50_{{ unit }} > {{ column }}_p80_{{ unit }} as is_disordered,
        {{ column }}_p80_{{ unit }} is not null and {{ column }}_n < {{ least_changes_of_a_p80() }} as is_too_bold,
        {{ column }}_class <> 'all' and {{ column }}_n < {{ least_changes_of_a_class() }} as is_too_narrow
    from forecasts
    {{ 'union all' if not (loop.last and ahead == 'final') }}
    {%- endfor %}
    {%- endfor %}
)

select edition, project_id, measure || ': P50 over P80, a P80 or a class of too few changes' as broken
from quantiles
where is_disordered or is_too_bold or is_too_narrow
union all
select edition, project_id, 'a probability is a share, and has steps behind it' as broken
from forecasts
where
    slip_probability not between 0 and 1
    or (slip_probability is null) <> (base_rate_n = 0)
    or (slip_class <> 'all' and slip_class_n < {{ least_changes_of_a_class() }})
union all
select forecasts.edition, forecasts.project_id, 'the model published is the one that the back-test chose' as broken
from forecasts
left join backtest
    on forecasts.edition = backtest.next_edition and backtest.scope = 'so_far'
where
    forecasts.published_model is distinct from case when forecasts.base_rate_n > 0 then backtest.published_model end
    or forecasts.slip_probability is distinct from case forecasts.published_model
        when 'reference_class' then forecasts.class_slip_probability
        when 'base_rate' then forecasts.base_rate_slip_probability
    end
union all
select edition, scope as project_id, 'what is covered by a P50 is covered by a P80' as broken
from backtest
where
    (cost_p50_n = cost_p80_n and cost_p50_coverage > cost_p80_coverage)
    or (end_p50_n = end_p80_n and end_p50_coverage > end_p80_coverage)
