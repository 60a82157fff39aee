{#- What may be less than before -> its unit, its columns, and the semesters that its thresholds count. -#}
{%- set reductions = {
    'cost': {
        'unit': 'meur',
        'where': 'to_current_cost_meur < from_current_cost_meur',
        'semesters': 'null',
        'from_value': 'from_current_cost_meur',
        'to_value': 'to_current_cost_meur',
        'delta': 'to_current_cost_meur - from_current_cost_meur',
        'slip_months': 'null',
        'from_text': 'from_cost_typed',
        'to_text': 'to_cost_typed',
        'from_precision': 'null',
        'to_precision': 'null',
    },
    'end': {
        'unit': 'months',
        'where': 'end_change_months < 0',
        'semesters': 'semesters',
        'from_value': 'null',
        'to_value': 'null',
        'delta': 'null',
        'slip_months': 'end_change_months',
        'from_text': 'cast(from_end as varchar)',
        'to_text': 'cast(to_end as varchar)',
        'from_precision': 'from_end_precision',
        'to_precision': 'to_end_precision',
    },
} -%}

{%- for measure, of in reductions.items() %}
select
    edition,
    'reduced' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    '{{ measure }}' as measure,
    '{{ of.unit }}' as unit,
    {%- for column in ['semesters', 'from_value', 'to_value', 'delta', 'slip_months', 'from_text', 'to_text', 'from_precision', 'to_precision'] %}
    {{ of[column] }} as {{ column }},
    {%- endfor %}
    {{ goes_back('from_phase', 'to_phase') }}::integer as extent,
    case when {{ goes_back('from_phase', 'to_phase') }} then 'phase_back' end as detail,
    from_submission_id,
    to_submission_id
from {{ ref('int_planned_ends') }}
where {{ of.where }}
{%- if not loop.last %}
union all by name
{%- endif %}
{%- endfor %}
