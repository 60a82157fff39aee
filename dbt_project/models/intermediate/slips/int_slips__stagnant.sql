with rewritten as (
    select edition, project_id from {{ ref('int_rebaselines') }}
),

running as (
    select edition, project_id from {{ ref('int_project_rows') }}
    where is_counted and not {{ is_over() }}
),

repeats as (
    select
        *,
        is_present
        and was_present
        and from_phase is not distinct from to_phase
        and from_current_cost_meur is not distinct from to_current_cost_meur
        and from_declared_confidence is not distinct from to_declared_confidence
        -- A comment that is left out is no news.
        and (to_variance_comment is null or from_variance_comment is not distinct from to_variance_comment)
        and case
            when from_end is null and to_end is null then from_current_duration_days is not distinct from to_current_duration_days
            else coalesce(abs(to_end - from_end) <= rounding_days, false)
        end
        -- A project whose first values were rewritten did change.
        and (edition, project_id) not in (select (edition, project_id) from rewritten) as is_repeated
    from {{ ref('int_planned_ends') }}
),

repeats_in_a_row as (
    select
        *,
        sum((not is_repeated)::integer) over (partition by project_id order by position) as stretch
    from repeats
),

standstills as (
    select
        edition,
        project_id,
        name,
        perimeter,
        1 + row_number() over in_stretch as editions_alike,
        first_value(previous_edition) over in_stretch as first_edition_alike,
        first_value(from_submission_id) over in_stretch as from_submission_id,
        to_submission_id
    from repeats_in_a_row
    where is_repeated
    window in_stretch as (partition by project_id, stretch order by position)
)

select
    edition,
    'stagnant' as rule,
    true as is_state,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'trajectory' as measure,
    'editions' as unit,
    editions_alike as delta,
    editions_alike as extent,
    first_edition_alike as from_text,
    edition as to_text,
    first_edition_alike as since_edition,
    from_submission_id,
    to_submission_id
from standstills
semi join running using (edition, project_id)
