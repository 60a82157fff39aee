with slips as (
    select * from {{ ref('int_slips') }}
    where is_new
),

drops as (
    select * from {{ ref('stg_drops') }}
),

closings as (
    select * from {{ ref('stg_closings') }}
),

rules as (
    select * from {{ ref('alert_rules') }}
),

from_slips as (
    select
        slips.* exclude (from_submission_id, to_submission_id, is_new, is_state, cause, kind, project_id, name, level),
        slips.name as subject_name,
        {{ level_of_slip('slips.') }} as level,
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

from_reminders as (
    select * exclude (filed_at, next_due_at)
    from {{ ref('int_reminders') }}
    where filed_at is null
),

raised as (
    select * from from_slips
    union all by name
    select * from from_drops
    union all by name
    select * from from_reminders
)

select
    {{ alert_key() }} as alert_key,
    rule,
    subject,
    subject_name,
    edition,
    level,
    perimeter,
    severity,
    previous_edition,
    since_edition,
    measure,
    unit,
    from_value,
    to_value,
    delta,
    delta_pct,
    from_text,
    to_text,
    from_precision,
    to_precision,
    slip_months,
    semesters,
    end_change_months,
    returns_to_edition,
    detail,
    variance_comment,
    raised_at
from raised
