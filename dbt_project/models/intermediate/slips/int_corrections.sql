with versions as (
    select
        project_rows.*,
        submissions.superseded_at
    from {{ ref('int_project_rows') }} as project_rows
    inner join {{ ref('int_submissions') }} as submissions
        on
            project_rows.submission_id = cast(submissions.submission_id as varchar)
            and submissions.kind = 'projects'
    where submissions.superseded_at is not null
    qualify row_number() over (partition by project_rows.edition, project_rows.project_id, project_rows.submission_id order by project_rows.precedence) = 1
),

counting as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

compared as (
    select
        versions.edition,
        versions.project_id,
        versions.perimeter,
        versions.submission_id,
        versions.received_at,
        versions.superseded_at,
        counting.project_id is not null as is_present,
        {%- for column in ['start_date', 'start_precision', 'current_duration_days', 'current_duration_precision', 'stated_end_date', 'stated_end_precision', 'phase', 'declared_confidence', 'exit_reason'] %}
        versions.{{ column }} as from_{{ column }},
        counting.{{ column }} as to_{{ column }},
        {%- endfor %}
        versions.current_cost_meur as from_cost_meur,
        counting.current_cost_meur as to_cost_meur
    from versions
    left join counting using (edition, project_id)
),

with_ends as (
    select * from {{ compared_ends('compared', 'ends', trajectory('from_'), trajectory('to_')) }}
)

select
    edition,
    project_id,
    perimeter,
    submission_id,
    received_at,
    superseded_at,
    is_present,
    -- Nothing but how well it is known: that corrects no sentence.
    (
        is_present
        and coalesce({{ same_cost('from_cost_meur', 'to_cost_meur') }}, from_cost_meur is null and to_cost_meur is null)
        and coalesce(ends_change_days = 0, ends_from_end is null and ends_to_end is null)
        and {{ first_day('from_start_date', 'ends_start_known') }} is not distinct from {{ first_day('to_start_date', 'ends_start_known') }}
        and from_phase is not distinct from to_phase
        and from_declared_confidence is not distinct from to_declared_confidence
        and from_exit_reason is not distinct from to_exit_reason
    ) as is_same,
    from_cost_meur,
    to_cost_meur,
    ends_from_end as from_end,
    ends_to_end as to_end,
    cast(ends_change_days as integer) as end_change_days,
    ends_known as end_precision,
    from_phase,
    to_phase,
    from_declared_confidence,
    to_declared_confidence
from with_ends
