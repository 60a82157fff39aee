select
    drop_id,
    edition,
    perimeter,
    kind,
    file_name,
    sha256 as file_sha256,
    received_at,
    status,
    is_dry_run,
    rows_accepted,
    verdict
from {{ source('ledger', 'drops') }}
