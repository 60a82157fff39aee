select
    edition,
    perimeter,
    drop_id,
    sheet,
    row_number,
    trim(action_id) as action_id,
    title,
    trim(mission) as mission,
    status,
    entry_edition,
    planned_end,
    planned_end_precision,
    planned_end_typed,
    (cell_columns ->> '$.planned_end') || row_number as planned_end_cell,
    actual_end,
    actual_end_precision,
    (cell_columns ->> '$.status') || row_number as status_cell
from {{ source('lake', 'roadmap') }}
