{{ config(materialized='table') }}
with recursive submissions as (
    select * from {{ ref('int_submissions') }}
),

closings as (
    select * from {{ ref('stg_closings') }}
),

all_perimeters as (
    select list(perimeter order by perimeter) as perimeters
    from {{ ref('perimeters') }}
),

filed as (
    select
        edition,
        kind,
        list(distinct perimeter order by perimeter) as perimeters,
        row_number() over (partition by kind order by edition) as position
    from submissions
    group by edition, kind
),

dated as (
    select
        filed.*,
        closings.closed_at
    from filed
    left join closings using (edition)
),

-- Edition by edition, since each is held against the latest one that was whole: one of which little has come says of nobody what is missing.
judged as (
    select
        kind,
        cast(0 as bigint) as position,
        cast(null as varchar) as edition,
        perimeters,
        cast(null as timestamp) as closed_at,
        cast(null as varchar) as previous_edition,
        cast([] as varchar[]) as missing_perimeters,
        false as is_provisional,
        cast(null as varchar) as whole_edition,
        perimeters as expected_perimeters
    from all_perimeters
    cross join (select distinct kind from filed)
    union all
    select
        kind,
        position,
        edition,
        perimeters,
        closed_at,
        previous_edition,
        missing as missing_perimeters,
        is_provisional,
        case when is_provisional then whole_edition else edition end as whole_edition,
        case when is_provisional and whole_edition is not null then expected_perimeters else perimeters end as expected_perimeters
    from (
        select
            dated.*,
            judged.whole_edition,
            judged.expected_perimeters,
            coalesce(judged.whole_edition, judged.edition) as previous_edition,
            list_filter(judged.expected_perimeters, lambda one: not list_contains(dated.perimeters, one)) as missing,
            dated.closed_at is null and len(missing) > 0 as is_provisional
        from judged
        inner join dated
            on judged.kind = dated.kind and judged.position + 1 = dated.position
    )
)

select
    edition,
    kind,
    position,
    previous_edition,
    cast(len(perimeters) as bigint) as perimeters_filed,
    missing_perimeters,
    closed_at,
    closed_at is not null as is_closed,
    is_provisional
from judged
where position > 0
