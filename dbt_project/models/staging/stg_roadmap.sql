with filed as (
    {{ filed_rows('roadmap') }}
)

select
    edition,
    perimeter,
    drop_id,
    sheet,
    row_number,
    trim(action_id) as action_id,
    title,
    nullif(trim(mission), '') as mission,
    status,
    (cell_columns ->> '$.status') || row_number as status_cell,
    entry_edition,
    planned_end,
    planned_end_precision,
    coalesce(planned_end_typed, planned_end_absence) as planned_end_typed,
    (cell_columns ->> '$.planned_end') || row_number as planned_end_cell,
    actual_end,
    actual_end_precision
from filed
