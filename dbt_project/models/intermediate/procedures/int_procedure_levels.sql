{%- for indicator, (value, code) in procedure_indicators().items() %}
select
    edition,
    procedure_id,
    '{{ indicator }}' as indicator,
    cast({{ value }} as decimal(38, 15)) as value,
    cast({{ code }} as varchar) as code,
    {{ indicator }}_level as level,
    {{ indicator }}_exclusion as exclusion,
    name,
    perimeter,
    perimeter_name,
    rank,
    is_in_top250,
    submission_id,
    row_number
from {{ ref('int_procedures') }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
