{#- Rule -> what it measures, its unit, its variance, and how the values of the variance are shown. -#}
{%- set overruns = {
    'budget_overrun': ('cost', 'meur', 'budget', 'baseline_cost_meur', 'current_cost_meur'),
    'schedule_overrun': ('duration', 'years', 'schedule', in_years('baseline_duration_days'), in_years('current_duration_days')),
} -%}

with variances as (
    select
        *,
        {%- for measure in ['budget', 'schedule'] %}
        -- A value that was unknown for an edition does not cross its level again when it comes back.
        lag({{ measure }}_variance_rate ignore nulls) over (
            partition by project_id order by edition
        ) as previous_{{ measure }}_variance_rate{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_portfolio') }}
),

overruns as (
    {%- for rule, (measure, unit, variance, from_value, to_value) in overruns.items() %}
    select
        edition,
        '{{ rule }}' as rule,
        'projects' as kind,
        project_id as subject,
        name,
        perimeter,
        '{{ measure }}' as measure,
        '{{ unit }}' as unit,
        {{ from_value }} as from_value,
        {{ to_value }} as to_value,
        {{ variance }}_variance_rate as rate,
        previous_{{ variance }}_variance_rate as previous_rate,
        {{ measure }}_typed as to_text,
        baseline_{{ measure }}_submission_id as from_submission_id,
        submission_id as to_submission_id
    from variances
    where {{ variance }}_variance_rate > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    *,
    to_value - from_value as delta
from overruns
