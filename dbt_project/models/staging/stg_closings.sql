select
    edition,
    min("at") as closed_at
from {{ source('ledger', 'edition_events') }}
where event = 'closed'
group by edition
