{{ config(meta={'dagster': {'ref': {'name': 'portfolio'}}}) }}
-- One row per submission that counts whose accepted rows are not all in the portfolio, or set aside with a reason, once each.

with accepted as (
    select
        submissions.submission_id,
        submissions.edition,
        count(filed.drop_id) as accepted_rows
    from {{ ref('int_submissions') }} as submissions
    left join {{ ref('stg_projects') }} as filed using (drop_id)
    where submissions.kind = 'projects' and submissions.is_current
    group by submissions.submission_id, submissions.edition
),

published as (
    select submission_id, count(distinct row_number) as rows_found
    from {{ ref('portfolio') }}
    group by submission_id
),

set_aside as (
    select submission_id, count(distinct row_number) as rows_found
    from {{ ref('int_rows_set_aside') }}
    group by submission_id
)

select
    accepted.edition,
    accepted.submission_id,
    accepted.accepted_rows,
    coalesce(published.rows_found, 0) as published_rows,
    coalesce(set_aside.rows_found, 0) as rows_set_aside
from accepted
left join published using (submission_id)
left join set_aside using (submission_id)
where accepted.accepted_rows <> coalesce(published.rows_found, 0) + coalesce(set_aside.rows_found, 0)
