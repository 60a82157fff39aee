{% macro procedure_indicators() -%}
    {#- Indicator of a procedure -> the value and the code that its levels are read from (seed procedure_levels). -#}
    {{ return({
        'online': ('null', 'online_status'),
        'authentication': ('null', 'authentication'),
        'satisfaction': ('satisfaction_score', 'null'),
        'accessibility': ('accessibility_rate', 'accessibility_rate_absence'),
        'dlnuf': ('dlnuf_score', 'null'),
        'help_reachable': ('help_reachable_rate', 'null'),
        'help_efficiency': ('help_efficiency_score', 'null'),
        'availability': ('availability_rate', 'null'),
        'load_time': ('load_time_ms', 'null'),
    }) }}
{%- endmacro %}

{% macro procedure_measures() -%}
    {#- The columns of a procedure whose cell may hold a word, or nothing, in place of a value. -#}
    {{ return([
        'online_status', 'total_volume', 'online_volume', 'digital_use_rate', 'satisfaction_score', 'disability_status',
        'accessibility_rate', 'accessibility_declared_on', 'language_clarity_score', 'autonomy_rate', 'help_reachable_rate',
        'help_efficiency_score', 'authentication', 'dlnuf_score', 'availability_rate', 'load_time_ms',
    ]) }}
{%- endmacro %}
