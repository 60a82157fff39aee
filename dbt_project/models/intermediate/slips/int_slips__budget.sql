with rises as (
    select * from {{ ref('int_project_changes') }}
    where to_current_cost_meur > from_current_cost_meur
),

-- What rose back to what it was before the previous edition is no new rise.
returns as (
    select
        rises.edition,
        rises.project_id,
        max(earlier.edition) as returns_to_edition
    from rises
    inner join {{ ref('int_project_rows') }} as earlier
        on rises.project_id = earlier.project_id and rises.previous_edition > earlier.edition
    where
        earlier.is_counted
        and {{ same_cost('rises.to_current_cost_meur', 'earlier.current_cost_meur') }}
        and not {{ same_cost('rises.to_current_cost_meur', 'rises.from_current_cost_meur') }}
    group by rises.edition, rises.project_id
)

select
    rises.edition,
    'budget_slip' as rule,
    'projects' as kind,
    rises.project_id as subject,
    rises.name,
    rises.perimeter,
    'cost' as measure,
    'meur' as unit,
    rises.from_current_cost_meur as from_value,
    rises.to_current_cost_meur as to_value,
    rises.to_current_cost_meur - rises.from_current_cost_meur as delta,
    rises.from_cost_typed as from_text,
    rises.to_cost_typed as to_text,
    returns.returns_to_edition,
    rises.from_submission_id,
    rises.to_submission_id
from rises
left join returns using (edition, project_id)
