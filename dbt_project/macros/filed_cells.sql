{% macro filed_fields() -%}
    {#- Kind -> its fields as the lake has them: texts stand as they were typed, the others have their text beside them. -#}
    {{ return({
        'projects': {
        'texts': [
            'declared_project_id', 'name', 'ministry', 'ministry_code', 'description', 'more_info_url', 'cost_band',
            'functional_zone', 'funding_programmes', 'performance_plan_url', 'variance_comment', 'exit_reason',
        ],
        'others': [
            'is_interministerial', 'start_date', 'phase', 'initial_duration_days', 'current_duration_days', 'initial_end_date',
            'current_end_date', 'initial_cost_meur', 'current_cost_meur', 'declared_confidence', 'published_on',
        ]},
        'procedures': {
        'texts': [
            'name', 'procedure_id', 'perimeter_name', 'ministry', 'administration', 'user_categories', 'procedure_url',
        ],
        'others': [
            'online_status', 'total_volume', 'online_volume', 'digital_use_rate', 'satisfaction_score', 'disability_status',
            'accessibility_rate', 'accessibility_declared_on', 'language_clarity_score', 'autonomy_rate', 'help_reachable_rate',
            'help_efficiency_score', 'authentication', 'dlnuf_score', 'availability_rate', 'load_time_ms',
        ]},
        'roadmap': {
        'texts': [
            'action_id', 'title', 'mission',
        ],
        'others': [
            'status', 'entry_edition', 'planned_end', 'actual_end',
        ]},
        'indicators': {
        'texts': [
            'indicator_id', 'title', 'unit', 'source',
        ],
        'others': [
            'baseline_value', 'baseline_date', 'target_value', 'target_date', 'measured_value', 'measured_on',
        ]},
    }) }}
{%- endmacro %}

{% macro filed_cells(kind) -%}
    {#- One row per field of each row of a kind that the lake has: the letters of its column, and what was typed there. -#}
    {%- set fields = filed_fields()[kind] -%}
    select
        '{{ kind }}' as kind,
        edition,
        perimeter,
        drop_id,
        sheet,
        row_number,
        unnest([
            {%- for field in fields.texts + fields.others %}
            {
                'field': '{{ field }}',
                'letters': cell_columns ->> '$.{{ field }}',
                'typed': {{ field }}{{ '_typed' if field in fields.others }}
            }{{ ',' if not loop.last }}
            {%- endfor %}
        ]) as filled
    from ({{ filed_rows(kind) }})
{%- endmacro %}
