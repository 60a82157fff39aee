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
        (
            was_present
            and not was_gone
            and from_phase is not distinct from to_phase
            and from_current_cost_meur is not distinct from to_current_cost_meur
            and from_declared_confidence is not distinct from to_declared_confidence
            -- A comment that is left out is no news.
            and (to_variance_comment is null or from_variance_comment is not distinct from to_variance_comment)
            and case
                when from_end is null and to_end is null then from_current_duration_days is not distinct from to_current_duration_days
                else coalesce(end_change_days = 0, false)
            end
            -- A project whose first values were rewritten did change.
            and (edition, project_id) not in (select (edition, project_id) from rewritten)
        ) as is_repeated
    from {{ ref('int_planned_ends') }}
    where is_present
),

repeats_in_a_row as (
    select
        *,
        sum((not is_repeated)::integer) over (partition by project_id order by edition) as stretch
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
    window in_stretch as (partition by project_id, stretch order by edition)
),

stagnant as (
    select
        *,
        editions_alike = {{ at_least('stagnant', 'information', 'editions') }} as is_first,
        editions_alike >= {{ at_least('stagnant', 'attention', 'editions') }} as is_alone
    from standstills
    semi join running using (edition, project_id)
    where editions_alike >= {{ at_least('stagnant', 'information', 'editions') }}
)

select
    edition,
    'stagnant' as rule,
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
    cast(null as varchar) as detail,
    first_edition_alike as since_edition,
    cast(null as boolean) as is_new,
    from_submission_id,
    to_submission_id
from stagnant
where is_alone
union all
select
    stagnant.edition,
    'stagnant' as rule,
    'projects' as kind,
    stagnant.perimeter as subject,
    any_value(perimeters.perimeter_name) as name,
    stagnant.perimeter,
    'trajectories' as measure,
    'projects' as unit,
    count(*) as delta,
    min(editions_alike) as extent,
    min(first_edition_alike) as from_text,
    stagnant.edition as to_text,
    string_agg(stagnant.name, ', ' order by stagnant.name, stagnant.project_id) as detail,
    min(first_edition_alike) as since_edition,
    -- It is news when one more stands still.
    bool_or(is_first) as is_new,
    min_by(from_submission_id, first_edition_alike) as from_submission_id,
    min(to_submission_id) as to_submission_id
from stagnant
left join {{ ref('perimeters') }} as perimeters using (perimeter)
where not is_alone
group by stagnant.edition, stagnant.perimeter
