with costs as (
    select
        project_id,
        min(edition) as edition
    from {{ ref('int_project_rows') }}
    where is_counted and current_cost_meur is not null
    group by project_id
),

entrants as (
    select edition, project_id from {{ ref('int_movements') }}
    where movement = 'in'
)

select
    changes.edition,
    case when entrants.project_id is null then 'cost_known' else 'entered' end as rule,
    'projects' as kind,
    changes.project_id as subject,
    changes.name,
    changes.perimeter,
    case when entrants.project_id is null then 'cost' else 'presence' end as measure,
    'meur' as unit,
    changes.to_current_cost_meur as to_value,
    changes.to_cost_typed as to_text,
    changes.to_current_cost_meur as cost_meur,
    case when changes.to_phase in ('termine', 'abandonne') then changes.to_phase end as detail,
    changes.to_submission_id
from {{ ref('int_project_changes') }} as changes
-- The first cost of a project that is here already; of one that comes in, its first cost is what it comes with.
inner join costs using (edition, project_id)
left join entrants using (edition, project_id)
where entrants.project_id is not null or changes.was_present
