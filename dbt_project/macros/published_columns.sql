{% macro published_columns() -%}
    {#- The columns that the contract of the mart declares, in its order: what a mart publishes is written once, in its yml. -#}
    {{ model.columns | join(', ') }}
{%- endmacro %}
