{% test is_key(model, columns) %}
{#- The columns are never null and identify a row: one query for what would take one test per column. -#}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by all
having count(*) > 1 or {{ columns | map('string') | join(' is null or ') }} is null
{% endtest %}
