{#-
    A table or view takes the place of the one that an earlier build left, and a mart leaves as Parquet: nobody reads the
    warehouse meanwhile, and the swap of the default materialisation takes a quarter of the build.
-#}
{% macro without_the_old(relation) -%}
  {%- set old = load_cached_relation(relation) -%}
  {%- if old %}drop {{ old.type }} {{ old }};{% endif %}
{%- endmacro %}


{% materialization table, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='table') -%}
  {% call statement('main') -%}
    {{ without_the_old(relation) }}
    {{ create_table_as(False, relation, compiled_code) }}
    {%- if model.config.contract.enforced %}
    ;
    {{ export_mart(relation, model) }}
    {%- endif %}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='view') -%}
  {% call statement('main') -%}
    {{ without_the_old(relation) }}
    {{ create_view_as(relation, compiled_code) }}
    {%- if model.config.contract.enforced %}
    ;
    {{ export_mart(relation, model) }}
    {%- endif %}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{#-
    dbt compares a contract with its query column by column, each with each: a tenth of the build. Here one query says
    whether names and types are those of the contract; if they are not, dbt's own comparison judges, and says what differs.
-#}
{% macro get_assert_columns_equivalent(sql) -%}
  {%- set declared = {} -%}
  {%- for name, column in model.columns.items() -%}
    {%- do declared.update({name | lower: column.data_type | lower}) -%}
  {%- endfor -%}
  {%- set found = {} -%}
  {%- for column in run_query('describe (' ~ sql ~ ')') -%}
    {%- do found.update({column[0] | lower: column[1] | lower}) -%}
  {%- endfor -%}
  {%- if found != declared -%}
    {%- do assert_columns_equivalent(sql) -%}
  {%- endif -%}
{%- endmacro %}
