with eligible as (
    select
        *,
        row_number() over (partition by edition order by current_cost_meur desc, project_id) as rank
    from {{ ref('int_portfolio') }}
    where is_top50_eligible
),

ranked as (
    select * from eligible
    where rank <= 50
),

editions as (
    select edition, previous_edition
    from {{ ref('int_editions') }}
    where kind = 'projects'
),

portfolio as (
    select edition, project_id, current_cost_meur from {{ ref('int_portfolio') }}
)

select
    ranked.edition,
    cast(ranked.rank as integer) as rank,
    ranked.project_id,
    ranked.name,
    ranked.perimeter,
    ranked.perimeter_name,
    ranked.phase,
    ranked.current_cost_meur,
    ranked.current_duration_years,
    ranked.planned_end_date,
    ranked.planned_end_precision,
    {{ percent('ranked.budget_variance_rate') }} as budget_variance_pct,
    {{ percent('ranked.schedule_variance_rate') }} as schedule_variance_pct,
    {{ percent('ranked.duration_variance_rate') }} as duration_variance_pct,
    cast(previous_ranked.rank as integer) as previous_rank,
    cast(ranked.current_cost_meur - previous_portfolio.current_cost_meur as decimal(20, 8)) as cost_change_meur,
    ranked.submission_id,
    ranked.received_at,
    ranked.file_name,
    ranked.file_sha256,
    ranked.sheet,
    ranked.row_number,
    ranked.cost_cell,
    ranked.duration_cell
from ranked
inner join editions using (edition)
left join ranked as previous_ranked
    on editions.previous_edition = previous_ranked.edition and ranked.project_id = previous_ranked.project_id
left join portfolio as previous_portfolio
    on editions.previous_edition = previous_portfolio.edition and ranked.project_id = previous_portfolio.project_id
