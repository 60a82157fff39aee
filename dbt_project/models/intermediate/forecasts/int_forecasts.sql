{%- set asked = [('next', 'cost'), ('next', 'end'), ('final', 'cost'), ('final', 'end')] -%}
with running as (
    select *, {{ end_still_ahead() }} as end_date
    from {{ ref('int_portfolio') }}
    where not {{ is_over() }}
),

-- Next is a semester ahead, whenever the next filing came.
trials as (
    select * replace (case ahead when 'next' then 1 else semesters end as semesters)
    from {{ ref('int_forecast_trials') }}
),

expected as (
    select
        trials.edition,
        trials.project_id,
        max(trials.semesters) as semesters_left,
        {%- for measure in ['cost', 'end', 'slip'] %}
        coalesce(max(rates.n) filter (where trials.measure = '{{ measure }}'), 0) as {{ measure }}_n,
        {%- endfor %}
        {%- for ahead, measure in asked %}
        {%- for quantile in ['p50', 'p80'] %}
        max({{ change_ahead(quantile) }})
            filter (where trials.ahead = '{{ ahead }}' and trials.measure = '{{ measure }}') as {{ ahead }}_{{ measure }}_{{ quantile }},
        {%- endfor %}
        {%- endfor %}
        max(rates.hazard) filter (where trials.measure = 'slip') as slip_probability
    from trials
    left join {{ ref('int_forecast_rates') }} as rates using (edition, ahead, measure)
    group by trials.edition, trials.project_id
),

backtest as (
    select * from {{ ref('int_forecast_backtest') }}
    where scope = 'so_far'
),

held as (
    select
        edition,
        {%- for ahead, measure in asked %}
        {%- for quantile in ['p50', 'p80'] %}
        max(coverage) filter (where forecast = '{{ ahead }}_{{ measure }}_{{ quantile }}') as {{ ahead }}_{{ measure }}_{{ quantile }}_coverage,
        {%- endfor %}
        max(n) filter (where forecast = '{{ ahead }}_{{ measure }}_p80') as {{ ahead }}_{{ measure }}_tested,
        {%- endfor %}
        max(loss) filter (where forecast = 'next_slip') as slip_brier,
        max(no_change_loss) filter (where forecast = 'next_slip') as slip_no_change_brier,
        max(n) filter (where forecast = 'next_slip') as slip_tested
    from backtest
    group by edition
)

select
    running.edition,
    running.project_id,
    running.name,
    running.perimeter,
    running.phase,
    running.current_cost_meur,
    running.planned_end_date,
    case when running.end_date is not null then expected.semesters_left end as semesters_left,
    {%- for measure in ['cost', 'end', 'slip'] %}
    cast(expected.{{ measure }}_n as integer) as {{ measure }}_n,
    {%- endfor %}
    {%- for ahead, measure in asked %}
    {%- for quantile in ['p50', 'p80'] %}
    {%- set change = 'expected.' ~ ahead ~ '_' ~ measure ~ '_' ~ quantile %}
    {%- set months = 'to_months(cast(least(' ~ change ~ ', 120000) as integer))' %}
    {%- if measure == 'cost' %}
    try_cast(round(running.current_cost_meur * (1 + {{ change }}), 8) as decimal(20, 8)) as {{ ahead }}_cost_{{ quantile }}_meur,
    {%- else %}
    -- As in the portfolio, no date after the year 9999.
    case
        when {{ change }} is not null and running.end_date + {{ months }} <= date '9999-12-31'
            then cast(running.end_date + {{ months }} as date)
    end as {{ ahead }}_end_{{ quantile }}_date,
    {%- endif %}
    held.{{ ahead }}_{{ measure }}_{{ quantile }}_coverage,
    {%- endfor %}
    coalesce(held.{{ ahead }}_{{ measure }}_tested, 0) as {{ ahead }}_{{ measure }}_tested,
    {%- endfor %}
    expected.slip_probability,
    held.slip_brier,
    held.slip_no_change_brier,
    coalesce(held.slip_tested, 0) as slip_tested,
    true as is_model_output,
    {{ forecast_model_version() }} as model_version
from running
inner join expected using (edition, project_id)
left join held using (edition)
