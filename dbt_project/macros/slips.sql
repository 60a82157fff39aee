{#- What the rules of the slips share. -#}

{% macro severity_rank(severity) -%}
    {#- 1 to 3; null for anything but a severity. -#}
    list_position(['information', 'attention', 'critique'], {{ severity }})
{%- endmacro %}
