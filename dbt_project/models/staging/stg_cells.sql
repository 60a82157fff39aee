{%- set kinds = ['projects', 'procedures', 'roadmap', 'indicators'] %}
with cells as (
    {%- for kind in kinds %}
    {{ filed_cells(kind) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    kind,
    edition,
    perimeter,
    drop_id,
    sheet,
    row_number,
    filled.field,
    filled.letters || row_number as cell,
    filled.typed
from cells
where filled.letters is not null and filled.typed is not null
