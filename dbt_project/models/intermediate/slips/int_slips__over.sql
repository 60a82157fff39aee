with became as (
    select
        edition,
        project_id,
        to_phase as phase,
        from_current_cost_meur,
        from_submission_id
    from {{ ref('int_project_changes') }}
    where
        is_present
        and was_present
        and to_phase in ('termine', 'abandonne')
        and to_phase is distinct from from_phase
)

select
    became.edition,
    case became.phase when 'termine' then 'completed' else 'abandoned' end as rule,
    'projects' as kind,
    became.project_id as subject,
    portfolio.name,
    portfolio.perimeter,
    'phase' as measure,
    'meur' as unit,
    -- What it cost and when it ended, against what was first said of it.
    portfolio.baseline_cost_meur as from_value,
    portfolio.current_cost_meur as to_value,
    portfolio.current_cost_meur - portfolio.baseline_cost_meur as delta,
    cast(portfolio.baseline_end_date as varchar) as from_text,
    cast(portfolio.planned_end_date as varchar) as to_text,
    portfolio.planned_end_precision as from_precision,
    portfolio.planned_end_precision as to_precision,
    case portfolio.end_change_days
        when 0 then 0
        else {{ months_between('portfolio.baseline_end_date', 'portfolio.planned_end_date') }}
    end as slip_months,
    portfolio.exit_reason as detail,
    coalesce(portfolio.current_cost_meur, became.from_current_cost_meur) as cost_meur,
    became.from_submission_id,
    portfolio.submission_id as to_submission_id
from became
inner join {{ ref('int_portfolio') }} as portfolio using (edition, project_id)
