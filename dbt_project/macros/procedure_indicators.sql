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
