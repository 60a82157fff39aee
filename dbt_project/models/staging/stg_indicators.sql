with filed as (
    {{ filed_rows('indicators') }}
)

select
    edition,
    perimeter,
    drop_id,
    sheet,
    row_number,
    trim(indicator_id) as indicator_id,
    title,
    nullif(trim(unit), '') as unit,
    baseline_value,
    baseline_date,
    baseline_date_precision,
    target_value,
    target_date,
    target_date_precision,
    measured_value,
    coalesce(measured_value_typed, measured_value_absence) as measured_value_typed,
    (cell_columns ->> '$.measured_value') || row_number as measured_value_cell,
    measured_on,
    measured_on_precision,
    source
from filed
