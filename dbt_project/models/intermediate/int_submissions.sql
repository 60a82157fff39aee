with closings as (
    select * from {{ ref('stg_closings') }}
),

accepted as (
    select * from {{ ref('stg_drops') }}
    where status in ('accepted', 'accepted_with_warnings') and not is_dry_run
),

overtaken as (
    select
        this_one.drop_id,
        min(later.received_at) as overtaken_at
    from accepted as this_one
    inner join accepted as later
        on
            this_one.kind = later.kind
            and this_one.perimeter = later.perimeter
            and this_one.edition < later.edition
    group by this_one.drop_id
),

frozen as (
    select
        accepted.*,
        -- least() ignores nulls: an edition neither closed nor overtaken is not frozen.
        least(closings.closed_at, overtaken.overtaken_at) as frozen_at
    from accepted
    left join closings using (edition)
    left join overtaken using (drop_id)
),

ranked as (
    select
        *,
        coalesce(received_at <= frozen_at, true) as is_before_freeze,
        row_number() over (
            partition by edition, perimeter, kind
            order by received_at desc, drop_id desc
        ) as age,
        row_number() over (
            partition by edition, perimeter, kind, coalesce(received_at <= frozen_at, true)
            order by received_at desc, drop_id desc
        ) as age_before_freeze
    from frozen
)

select
    submission_id,
    drop_id,
    edition,
    perimeter,
    kind,
    file_name,
    file_sha256,
    received_at,
    rows_accepted,
    frozen_at,
    age = 1 as is_current,
    is_before_freeze and age_before_freeze = 1 as is_baseline
from ranked
