with filings as (
    select edition, perimeter, previous_edition
    from {{ ref('int_previous_filings') }}
    where kind = 'procedures'
),

levels as (
    select
        *,
        min(edition) over (partition by procedure_id) as first_edition,
        max(edition) over (partition by procedure_id) as last_edition
    from {{ ref('int_procedure_levels') }}
)

select
    now.procedure_id,
    now.edition,
    now.indicator,
    now.name,
    now.perimeter,
    now.rank,
    now.is_in_top250,
    now.level,
    now.exclusion,
    filings.previous_edition,
    before.procedure_id is not null as was_present,
    before.level as previous_level,
    now.level - before.level as level_change,
    before.rank as previous_rank,
    now.first_edition,
    now.last_edition,
    now.submission_id,
    before.submission_id as previous_submission_id,
    now.row_number
from levels as now
inner join filings using (edition, perimeter)
left join levels as before
    on
        filings.previous_edition = before.edition
        and now.procedure_id = before.procedure_id
        and now.indicator = before.indicator
