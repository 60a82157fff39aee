select
    submission_id,
    edition,
    perimeter,
    kind,
    file_name,
    file_sha256,
    received_at,
    superseded_at,
    rows_accepted
from {{ ref('int_submissions') }}
