{#-
    A build starts from an empty warehouse (orchestration.consolidation.build): there is nothing to swap with or to
    keep, and the swap of the default materialisation takes a quarter of the build.
-#}
{% materialization table, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='table') -%}
  {% call statement('main') -%}
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
    {{ create_view_as(relation, compiled_code) }}
    {%- if model.config.contract.enforced %}
    ;
    {{ export_mart(relation, model) }}
    {%- endif %}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}
