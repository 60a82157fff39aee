{{ config(materialized='table') }}
with editions as (
    select * from {{ ref('int_editions') }}
),

slipping as (
    select * from {{ ref('int_slips_rated') }}
    union all by name
    select * from {{ ref('int_slips__watermelon') }}
),

in_runs as (
    select
        slipping.*,
        editions.previous_edition,
        {{ severity_rank('slipping.severity') }} as severity_rank,
        -- Consecutive editions share this number: their positions and their ranks grow together.
        editions.position - row_number() over (
            partition by slipping.rule, slipping.subject, slipping.measure
            order by slipping.edition
        ) as run
    from slipping
    inner join editions using (edition, kind)
)

select
    edition,
    previous_edition,
    rule,
    kind,
    subject,
    case when kind = 'projects' then subject end as project_id,
    name,
    perimeter,
    measure,
    unit,
    level,
    from_value,
    to_value,
    delta,
    delta_pct,
    from_text,
    to_text,
    from_precision,
    to_precision,
    slip_months,
    detail,
    severity,
    coalesce(since_edition, min(edition) over run_so_far) as since_edition,
    -- A state lasts: it is news when it begins or grows worse.
    not is_state or severity_rank > coalesce(lag(severity_rank) over run_so_far, 0) as is_new,
    from_submission_id,
    to_submission_id
from in_runs
window run_so_far as (partition by rule, subject, measure, run order by edition)
