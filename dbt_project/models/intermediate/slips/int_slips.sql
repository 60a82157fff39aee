{{ config(materialized='table') }}
with slipping as (
    select * from {{ ref('int_slips_rated') }}
    union all by name
    select * from {{ ref('int_slips__watermelon') }}
    union all by name
    select * from {{ ref('int_slips__creep') }}
),

changes as (
    select
        edition,
        project_id,
        previous_edition
    from {{ ref('int_project_changes') }}
),

filings as (
    select
        edition,
        kind,
        perimeter,
        previous_edition
    from {{ ref('int_previous_filings') }}
),

comments as (
    select
        edition,
        project_id,
        variance_comment
    from {{ ref('int_project_rows') }}
    where is_counted
),

compared as (
    select
        slipping.*,
        -- A project is held against its own previous edition, what is no project against its perimeter's.
        coalesce(changes.previous_edition, filings.previous_edition) as previous_edition,
        comments.variance_comment,
        is_state(slipping.rule) as is_state,
        {{ severity_rank('slipping.severity') }} as severity_rank
    from slipping
    left join changes using (edition, project_id)
    left join filings using (edition, kind, perimeter)
    left join comments using (edition, project_id)
),

continued as (
    select
        *,
        -- It was so in the previous edition too.
        coalesce(lag(edition) over history >= previous_edition, false) as is_continued
    from compared
    window history as (partition by rule, subject, measure order by edition)
),

in_runs as (
    select
        *,
        sum((not is_continued)::integer) over (partition by rule, subject, measure order by edition) as run
    from continued
)

select
    edition,
    previous_edition,
    {{ semesters_between('previous_edition', 'edition') }} as semesters,
    rule,
    is_state,
    kind,
    subject,
    project_id,
    name,
    perimeter,
    measure,
    unit,
    level,
    from_value,
    to_value,
    delta,
    delta_pct,
    from_text,
    to_text,
    from_precision,
    to_precision,
    slip_months,
    end_change_months,
    returns_to_edition,
    cause,
    detail,
    variance_comment,
    severity,
    coalesce(since_edition, min(edition) over run_so_far) as since_edition,
    -- A state lasts: it is news when it begins or grows worse.
    coalesce(is_new, not is_state or severity_rank > coalesce(lag(severity_rank) over run_so_far, 0)) as is_new,
    from_submission_id,
    to_submission_id
from in_runs
window run_so_far as (partition by rule, subject, measure, run order by edition)
