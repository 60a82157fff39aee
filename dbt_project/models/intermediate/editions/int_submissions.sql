{{ config(materialized='table') }}
with closings as (
    select * from {{ ref('stg_closings') }}
),

filed as (
    select
        *,
        lag(file_sha256) over (partition by edition, perimeter, kind order by arrival) as sha256_before,
        -- A repeat writes no rows in the lake: those of the drop that it repeats are its own.
        case
            when status <> 'unchanged' then drop_id
            else min(drop_id) filter (where status <> 'unchanged') over (partition by edition, perimeter, kind, file_sha256)
        end as rows_drop_id
    from {{ ref('stg_drops') }}
    where status in ('accepted', 'accepted_with_warnings', 'unchanged') and not is_dry_run
),

-- Whether a drop repeats what counted before it is judged here by the times of receipt: intake may have met them in another order.
accepted as (
    select * from filed
    where not coalesce(file_sha256 = sha256_before, false)
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
        lead(received_at) over (partition by edition, perimeter, kind order by arrival) as superseded_at,
        row_number() over (
            partition by edition, perimeter, kind, coalesce(received_at <= frozen_at, true)
            order by arrival desc
        ) as age_before_freeze
    from frozen
)

select
    submission_id,
    rows_drop_id as drop_id,
    edition,
    perimeter,
    kind,
    file_name,
    file_sha256,
    received_at,
    superseded_at,
    rows_accepted,
    frozen_at,
    superseded_at is null as is_current,
    is_before_freeze and age_before_freeze = 1 as is_baseline
from ranked
