{{ config(materialized='table') }}
with counted as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

editions as (
    select * from {{ ref('int_editions') }}
    where kind = 'projects' and previous_edition is not null
),

submissions as (
    select edition, perimeter, submission_id
    from {{ ref('int_submissions') }}
    where kind = 'projects' and is_current
),

first_seen as (
    select
        project_id,
        min(edition) as first_edition
    from counted
    group by project_id
),

now as (
    select counted.*
    from counted
    inner join editions on counted.edition = editions.edition
),

before as (
    select counted.* replace (editions.edition as edition)
    from counted
    inner join editions on counted.edition = editions.previous_edition
),

paired as (
    select
        edition,
        project_id,
        now.submission_id is not null as is_present,
        before.submission_id is not null as was_present,
        coalesce(now.name, before.name) as name,
        coalesce(now.perimeter, before.perimeter) as perimeter,
        before.name as previous_name,
        before.perimeter as previous_perimeter,
        before.folded_name is distinct from now.folded_name as is_renamed,
        before.exit_reason,
        {%- for column in ['current_cost_meur', 'current_duration_days', 'current_duration_precision', 'start_date', 'start_precision', 'stated_end_date', 'stated_end_precision', 'cost_typed', 'duration_typed', 'phase', 'declared_confidence', 'variance_comment', 'submission_id'] %}
        before.{{ column }} as from_{{ column }},
        now.{{ column }} as to_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from now
    full join before using (edition, project_id)
)

select
    paired.* exclude (to_submission_id),
    editions.previous_edition,
    editions.position,
    first_seen.first_edition,
    -- An absence is read in the file of the perimeter that last carried the project.
    coalesce(paired.to_submission_id, submissions.submission_id) as to_submission_id,
    not paired.is_present and submissions.submission_id is null and not editions.is_closed as is_awaited
from paired
inner join editions using (edition)
inner join first_seen using (project_id)
left join submissions
    on paired.edition = submissions.edition and paired.previous_perimeter = submissions.perimeter
