with drops as (
    select * from {{ source('ledger', 'drops') }}
),

numbered as (
    select
        *,
        strftime(received_at, '%Y%m%dT%H%M%SZ') as received_text,
        -- What came at one instant is ordered by the files' own times, as a pass does, and never by who was handled first.
        row_number() over (order by received_at, try_cast(modified as double) nulls last, modified, path, sha256, drop_id) as arrival
    from drops
)

select
    drop_id,
    -- Said by what was filed and when, never by a number: the order in which drops are handled must not show.
    concat_ws('/', edition, perimeter, kind, received_text) || case
        when row_number() over same_second > 1 then '-' || row_number() over same_second
        else ''
    end as submission_id,
    edition,
    perimeter,
    kind,
    file_name,
    sha256 as file_sha256,
    received_at,
    arrival,
    status,
    is_dry_run,
    rows_accepted,
    lake_rows,
    verdict
from numbered
window same_second as (
    partition by edition, perimeter, kind, received_text
    order by arrival
)
