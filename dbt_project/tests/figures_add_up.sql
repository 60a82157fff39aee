{{ config(meta={'dagster': {'ref': {'name': 'headline_figures'}}}) }}
-- One row per sum that does not hold: the figures of an edition against the rows behind them.

with figures as (
    select * from {{ ref('headline_figures') }}
),

portfolio as (
    select
        edition,
        count(*) as projects,
        cast(round(sum(current_cost_meur) * 0.001, 2) as decimal(12, 2)) as total_cost_bn_eur
    from {{ ref('portfolio') }}
    group by edition
),

-- Each against the edition that its perimeter filed before: who is in both, who came, who is gone.
changes as (
    select
        edition,
        count(*) filter (where is_present) as present,
        count(*) filter (where was_present and not is_present) as absent,
        count(*) filter (where is_present and not was_present) as newcomers
    from {{ ref('int_project_changes') }}
    group by edition
),

movements as (
    select
        edition,
        count(*) filter (where movement in ('out', 'awaited')) as gone,
        count(*) filter (where movement in ('in', 'back')) as came
    from {{ ref('movements') }}
    group by edition
),

top50 as (
    select edition, count(*) as rows_found, max(rank) as last_rank
    from {{ ref('top50') }}
    group by edition
),

top250 as (
    select
        edition,
        count(*) as rows_found,
        count(rank) as ranked,
        count(distinct rank) as ranks,
        max(rank) as last_rank,
        bool_or(rank is null <> (total_volume is null)) as is_mixed
    from {{ ref('top250') }}
    group by edition
),

scores as (
    select
        edition,
        indicator,
        max(reached) filter (where perimeter = 'all') as reached,
        sum(reached) filter (where perimeter <> 'all') as reached_by_perimeter,
        bool_and(reached + not_reached + excluded = procedures and partly_reached <= not_reached) as is_whole
    from {{ ref('procedure_scores') }}
    group by edition, indicator
),

revisions as (
    select * from {{ ref('revisions') }}
    where superseded_at is null
)

select edition, 'projects are the rows of the portfolio' as broken
from figures
left join portfolio using (edition)
where figures.projects <> coalesce(portfolio.projects, 0)
union all
select edition, 'the total cost is the sum of the known costs' as broken
from figures
inner join portfolio using (edition)
where figures.total_cost_bn_eur <> coalesce(portfolio.total_cost_bn_eur, 0)
union all
select edition, 'who is gone or awaited is whom the edition before had, and who came is whom it had not' as broken
from changes
left join movements using (edition)
where changes.absent <> coalesce(movements.gone, 0) or changes.newcomers > coalesce(movements.came, 0) or changes.present > (
    select count(*) from {{ ref('portfolio') }} as portfolio
    where portfolio.edition = changes.edition
)
union all
select edition, 'the TOP 50 has no gap and fifty rows at most' as broken
from top50
where rows_found <> last_rank or rows_found > 50
union all
select edition, 'the ranks of the TOP 250 have no gap, known volumes alone have one, it has 250 rows at most, and its size is the figure' as broken
from top250
inner join figures using (edition)
where
    top250.ranked <> coalesce(top250.last_rank, 0)
    or top250.ranked <> top250.ranks
    or top250.is_mixed
    or top250.rows_found > 250
    or top250.rows_found <> figures.procedures
union all
select edition, 'the last revision says what the figures say' as broken
from figures
inner join revisions using (edition)
where
    (figures.projects, figures.interministerial, figures.total_cost_bn_eur, figures.mean_duration_years)
    is distinct from
    (revisions.projects, revisions.interministerial, cast(round(revisions.total_cost_meur * 0.001, 2) as decimal(12, 2)), revisions.mean_duration_years)
union all
select edition, 'a score is that of its perimeters, and the headline figure' as broken
from scores
inner join figures using (edition)
where
    not scores.is_whole
    or scores.reached <> scores.reached_by_perimeter
    or scores.reached <> case scores.indicator
        when 'online' then figures.procedures_online
        when 'authentication' then figures.franceconnect + figures.franceconnect_plus
        when 'franceconnect' then figures.franceconnect
        when 'franceconnect_plus' then figures.franceconnect_plus
        when 'satisfaction' then figures.satisfaction_reached
        when 'dlnuf' then figures.dlnuf_reached
        when 'accessibility' then figures.accessibility_reached
        else scores.reached
    end
union all
select edition, 'an open action has one due time at most, and a perimeter of the list' as broken
from {{ ref('roadmap') }}
where is_overdue and is_due_by_year_end or is_completed and (is_overdue or is_due_by_year_end) or perimeter_name is null
union all
select edition, 'an indicator is judged by its progress, and filed by a perimeter of the list' as broken
from {{ ref('indicators') }}
where (status in ('on_track', 'off_track') and (progress is null or expected_progress is null)) or perimeter_name is null
