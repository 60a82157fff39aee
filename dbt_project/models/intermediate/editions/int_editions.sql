{{ config(materialized='table') }}
with filed as (
    select distinct edition, kind, perimeter
    from {{ ref('int_submissions') }}
),

perimeters as (
    select perimeter from {{ ref('perimeters') }}
),

closings as (
    select * from {{ ref('stg_closings') }}
),

editions as (
    select
        edition,
        kind,
        count(*) as perimeters_filed,
        row_number() over (partition by kind order by edition) as position,
        lag(edition) over (partition by kind order by edition) as previous_edition
    from filed
    group by edition, kind
),

expected as (
    select editions.edition, editions.kind, filed.perimeter
    from editions
    inner join filed
        on editions.kind = filed.kind and editions.previous_edition = filed.edition
    union all
    select editions.edition, editions.kind, perimeters.perimeter
    from editions
    cross join perimeters
    where editions.previous_edition is null
),

missing as (
    select
        expected.edition,
        expected.kind,
        list(expected.perimeter order by expected.perimeter) as missing_perimeters
    from expected
    anti join filed
        on
            expected.edition = filed.edition
            and expected.kind = filed.kind
            and expected.perimeter = filed.perimeter
    group by expected.edition, expected.kind
)

select
    editions.edition,
    editions.kind,
    editions.position,
    editions.previous_edition,
    editions.perimeters_filed,
    coalesce(missing.missing_perimeters, []) as missing_perimeters,
    closings.closed_at,
    closings.closed_at is not null as is_closed,
    closings.closed_at is null and missing.missing_perimeters is not null as is_provisional
from editions
left join missing using (edition, kind)
left join closings using (edition)
