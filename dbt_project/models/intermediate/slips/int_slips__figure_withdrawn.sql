{#- What may be withdrawn -> its column, its unit, and how its value is shown. -#}
{%- set figures = {
    'cost': ('current_cost_meur', 'meur', 'from_current_cost_meur'),
    'duration': ('current_duration_days', 'years', in_years('from_current_duration_days')),
} -%}

{%- for measure, (column, unit, from_value) in figures.items() %}
select
    edition,
    'figure_withdrawn' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    '{{ measure }}' as measure,
    '{{ unit }}' as unit,
    {{ from_value }} as from_value,
    from_{{ measure }}_typed as from_text,
    to_{{ measure }}_typed as to_text,
    from_submission_id,
    to_submission_id
from {{ ref('int_project_changes') }}
where is_present and from_{{ column }} is not null and to_{{ column }} is null
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
