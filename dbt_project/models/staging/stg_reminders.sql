select
    edition,
    cast(replace(event, 'reminder_', '') as integer) as days_left,
    "at" as due_at
from {{ source('ledger', 'edition_events') }}
where starts_with(event, 'reminder_')
