{{ config(materialized='table') }}
with counted as (
    select
        *,
        lag(edition) over history as last_edition,
        lead(edition) over history as next_edition,
        min(edition) over (partition by project_id) as first_edition
    from {{ ref('int_project_rows') }}
    where is_counted
    window history as (partition by project_id order by edition)
),

editions as (
    select edition, position from {{ ref('int_editions') }}
    where kind = 'projects'
),

filings as (
    select * from {{ ref('int_previous_filings') }}
    where kind = 'projects'
),

-- Who is here is compared with the latest edition for which its perimeter filed, or in which it was, with another one.
present as (
    select
        counted.edition,
        counted.project_id,
        greatest(filings.previous_edition, counted.last_edition) as previous_edition
    from counted
    inner join filings using (edition, perimeter)
    where filings.previous_edition is not null or counted.last_edition is not null
),

-- Who is not is looked for with the perimeter that carried it last, until that one files again, or the edition is closed.
absent as (
    select
        filings.edition,
        counted.project_id,
        counted.edition as previous_edition
    from counted
    inner join filings
        on
            counted.perimeter = filings.perimeter
            and counted.edition = filings.previous_edition
            and coalesce(filings.edition < counted.next_edition, true)
    where coalesce(filings.closed_without < counted.edition, true)
),

compared as (
    select * from present
    union all
    select * from absent
)

select
    compared.edition,
    compared.previous_edition,
    compared.project_id,
    editions.position,
    {{ semesters_between('compared.previous_edition', 'compared.edition') }} as semesters,
    coalesce(now.first_edition, before.first_edition) as first_edition,
    now.submission_id is not null as is_present,
    before.submission_id is not null as was_present,
    now.submission_id is null and not filings.has_filed and not filings.is_closed as is_awaited,
    -- It was gone when its perimeter filed without it in between, or an edition was closed without either.
    now.submission_id is not null
    and coalesce(greatest(filings.previous_edition, filings.closed_without) > before.edition, false) as was_gone,
    coalesce(now.name, before.name) as name,
    coalesce(now.perimeter, before.perimeter) as perimeter,
    before.name as previous_name,
    before.perimeter as previous_perimeter,
    (before.folded_name is distinct from now.folded_name) as is_renamed,
    before.exit_reason,
    {%- for column in ['current_cost_meur', 'current_duration_days', 'current_duration_precision', 'start_date', 'start_precision', 'stated_end_date', 'stated_end_precision', 'cost_typed', 'duration_typed', 'phase', 'declared_confidence', 'variance_comment'] %}
    before.{{ column }} as from_{{ column }},
    now.{{ column }} as to_{{ column }},
    {%- endfor %}
    before.submission_id as from_submission_id,
    -- An absence is read in the file of the perimeter that last carried the project.
    coalesce(now.submission_id, filings.submission_id) as to_submission_id
from compared
inner join editions using (edition)
left join counted as now using (edition, project_id)
left join counted as before
    on compared.previous_edition = before.edition and compared.project_id = before.project_id
left join filings
    on compared.edition = filings.edition and before.perimeter = filings.perimeter
