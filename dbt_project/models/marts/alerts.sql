with slips as (
    select * from {{ ref('slips') }}
),

drops as (
    select * from {{ ref('stg_drops') }}
),

closings as (
    select * from {{ ref('stg_closings') }}
),

rules as (
    select rule, severity from {{ ref('alert_rules') }}
),

from_slips as (
    select
        slips.* exclude (from_submission_id, to_submission_id, since_edition, project_id, name),
        slips.project_id as subject,
        slips.name as subject_name,
        slips.measure as level,
        -- A perimeter that filed nothing is silent from the closing on.
        coalesce(drops.received_at, closings.closed_at) as raised_at
    from slips
    left join drops on slips.to_submission_id = drops.submission_id
    left join closings on slips.edition = closings.edition
),

from_drops as (
    select
        rules.rule,
        drops.submission_id as subject,
        drops.file_name as subject_name,
        drops.edition,
        'drop' as level,
        drops.perimeter,
        rules.severity,
        drops.verdict as detail,
        drops.received_at as raised_at
    from drops
    inner join rules on rules.rule = 'submission_rejected'
    where drops.status = 'rejected' and not drops.is_dry_run
),

raised as (
    select * from from_slips
    union all by name
    select * from from_drops
)

select
    concat_ws(':', rule, subject, coalesce(edition, '-'), level) as alert_key,
    rule,
    subject,
    subject_name,
    edition,
    level,
    perimeter,
    severity,
    previous_edition,
    measure,
    unit,
    from_value,
    to_value,
    delta,
    delta_pct,
    from_text,
    to_text,
    slip_months,
    detail,
    raised_at
from raised
