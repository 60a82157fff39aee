{% macro export_mart(relation, model) -%}
    {#- Write the mart as Parquet, in the order of its key: nothing but dbt opens the warehouse. -#}
    copy (select * from {{ relation }} order by {{ model.config.meta.key | join(', ') }})
    to (getvariable('jalons_home') || '/warehouse/marts/{{ relation.identifier }}.parquet') (format parquet)
{%- endmacro %}
