{#- Rule -> what it measures, its variance, the values of the variance in their unit, and what is shown of them. -#}
{%- set overruns = {
    'budget_overrun': {
        'measure': 'cost',
        'unit': 'meur',
        'variance': 'budget',
        'from_value': 'baseline_cost_meur',
        'to_value': 'current_cost_meur',
        'from_text': 'null',
        'to_text': 'cost_typed',
        'from_precision': 'null',
        'to_precision': 'null',
        'slip_months': 'null',
        'rate_without_start': 'null',
    },
    'schedule_overrun': {
        'measure': 'end',
        'unit': 'years',
        'variance': 'schedule',
        'from_value': in_years('baseline_end_duration_days'),
        'to_value': in_years('baseline_end_duration_days + end_change_days'),
        'from_text': 'cast(baseline_end_date as varchar)',
        'to_text': 'cast(planned_end_date as varchar)',
        'from_precision': planned_end_precision(trajectory('baseline_end_', 'duration')),
        'to_precision': 'planned_end_precision',
        'slip_months': months_between('baseline_end_date', 'planned_end_date'),
        'rate_without_start': exact_ratio('end_change_days - start_change_days', 'baseline_end_duration_days', scale=18),
    },
} -%}

with levels as (
    select
        rule,
        cast(at_least as integer) as level
    from {{ ref('alert_rules') }}
    where threshold = 'crossed_percent'
),

rewritten_starts as (
    select
        edition,
        project_id,
        {{ first_day('to_date', coarser('from_precision', 'to_precision')) }}
        - {{ first_day('from_date', coarser('from_precision', 'to_precision')) }} as start_change_days
    from {{ ref('int_rebaselines') }}
    where measure = 'start'
),

portfolio as (
    select *
    from {{ ref('int_portfolio') }}
    left join rewritten_starts using (edition, project_id)
),

-- A value that is unknown for an edition neither crosses a level nor falls under it.
known as (
    {%- for rule, of in overruns.items() %}
    select
        edition,
        '{{ rule }}' as rule,
        'projects' as kind,
        project_id as subject,
        name,
        perimeter,
        '{{ of.measure }}' as measure,
        '{{ of.unit }}' as unit,
        {{ of.from_value }} as from_value,
        {{ of.to_value }} as to_value,
        {{ of.variance }}_variance_rate as rate,
        {{ of.rate_without_start }} as rate_without_start,
        {{ of.from_text }} as from_text,
        {{ of.to_text }} as to_text,
        {{ of.from_precision }} as from_precision,
        {{ of.to_precision }} as to_precision,
        {{ of.slip_months }} as slip_months,
        baseline_{{ of.measure }}_submission_id as from_submission_id,
        submission_id as to_submission_id
    from portfolio
    where {{ of.variance }}_variance_rate is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A level that was crossed stands until an edition is well below it, so that a rate that wobbles tells it once.
standing as (
    select
        known.*,
        last_value(
            case
                when known.rate * 100 >= levels.level then levels.level
                when known.rate * 100 <= levels.level - {{ points_to_rearm() }} then 0
            end ignore nulls
        ) over (partition by known.rule, known.subject, levels.level order by known.edition) as level,
        case when coalesce(known.rate_without_start, known.rate) * 100 >= levels.level then levels.level end as own_level
    from known
    inner join levels using (rule)
),

overrun as (
    select
        * exclude (level, own_level),
        coalesce(max(level), 0) as level,
        coalesce(max(own_level), 0) as own_level
    from standing
    group by all
),

crossed as (
    select
        *,
        level > lag(level, 1, 0) over history as is_crossed,
        -- A start that was rewritten says itself what it does to the end.
        level > lag(level, 1, 0) over history and own_level <= lag(level, 1, 0) over history as is_by_start
    from overrun
    window history as (partition by rule, subject order by edition)
)

select
    * exclude (rate_without_start, own_level, is_crossed, is_by_start),
    to_value - from_value as delta,
    max(case when is_crossed then edition end) over (partition by rule, subject order by edition) as since_edition,
    is_crossed and not is_by_start as is_new,
    case when is_by_start then 'rebaselined' end as cause
from crossed
qualify level > 0
