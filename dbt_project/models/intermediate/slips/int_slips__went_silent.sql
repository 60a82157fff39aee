with leavers as (
    select
        changes.*,
        {{ last_planned_end(trajectory('changes.from_')) }} as last_planned_end,
        {{ planned_end_precision(trajectory('changes.from_')) }} as planned_end_precision,
        -- What a perimeter left out is said by its file, what one that filed nothing left out by the closing.
        {{ said_on('changes.edition', 'coalesce(submissions.received_at, closings.closed_at)') }} as said_on
    from {{ ref('int_movements') }} as movements
    inner join {{ ref('int_project_changes') }} as changes using (edition, project_id)
    left join {{ ref('int_submissions') }} as submissions
        on changes.to_submission_id = cast(submissions.submission_id as varchar)
    left join {{ ref('stg_closings') }} as closings on changes.edition = closings.edition
    where movements.movement = 'out' and movements.reason_source = 'none'
)

select
    edition,
    'went_silent' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'presence' as measure,
    'meur' as unit,
    from_current_cost_meur as from_value,
    cast(last_planned_end as varchar) as from_text,
    cast(said_on as varchar) as to_text,
    planned_end_precision as from_precision,
    'day' as to_precision,
    coalesce(last_planned_end >= said_on, true) as is_ahead,
    (
        last_planned_end < said_on
        and from_phase = 'deploiement'
        and from_current_cost_meur is not null
    ) is not true as is_unfinished,
    case when to_submission_id is null then 'nothing_filed' end as detail,
    from_submission_id,
    to_submission_id
from leavers
