{#- What the rules of the slips share. -#}

{% macro severity_rank(severity) -%}
    {#- 1 to 3; null for anything but a severity. -#}
    list_position(['information', 'attention', 'critique'], {{ severity }})
{%- endmacro %}

{% macro is_over(row='') -%}
    {#- A project that is finished, given up, or that says why it leaves. -#}
    (coalesce({{ row }}phase in ('termine', 'abandonne'), false) or {{ row }}exit_reason is not null)
{%- endmacro %}
