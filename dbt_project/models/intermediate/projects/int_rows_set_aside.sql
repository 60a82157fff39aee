{{ config(materialized='table') }}
with counting as (
    select
        project_rows.*,
        submissions.is_current
    from {{ ref('int_project_rows') }} as project_rows
    inner join {{ ref('int_submissions') }} as submissions
        on
            project_rows.submission_id = submissions.submission_id
            and submissions.kind = 'projects'
    where submissions.is_current
),

kept as (
    select * from counting
    where is_counted
)

select
    set_aside.edition,
    set_aside.perimeter,
    set_aside.submission_id,
    set_aside.sheet,
    set_aside.row_number,
    set_aside.name,
    set_aside.project_id,
    case
        when set_aside.perimeter <> kept.perimeter then 'filed_by_another_perimeter'
        when set_aside.folded_name = kept.folded_name then 'filed_twice'
        when set_aside.identified_by = 'register' and kept.identified_by = 'register' then 'one_project_by_the_register'
    end as reason,
    kept.submission_id as kept_submission_id,
    kept.row_number as kept_row_number
from counting as set_aside
left join kept using (edition, project_id)
where not set_aside.is_counted
