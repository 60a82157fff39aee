select
    edition,
    cast(regexp_extract(event, '^reminder_([0-9]+)', 1) as integer) as days_left,
    -- The deadline that was moved since another reminder of as many days; null for the first.
    try_cast(nullif(regexp_extract(event, '@(.+)$', 1), '') as date) as moved_to,
    "at" as due_at
from {{ source('ledger', 'edition_events') }}
where starts_with(event, 'reminder_')
