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

reminders as (
    select * from {{ ref('stg_reminders') }}
),

filed as (
    select
        edition,
        kind,
        perimeter,
        min(received_at) as first_received_at
    from {{ ref('int_submissions') }}
    group by edition, kind, perimeter
),

rules as (
    select * from {{ ref('alert_rules') }}
),

from_slips as (
    select
        slips.* exclude (from_submission_id, to_submission_id, is_new, is_state, cause, kind, project_id, name, level),
        slips.name as subject_name,
        coalesce(cast(slips.level as varchar), slips.measure) as level,
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

asked_for as (
    select
        reminders.edition,
        reminders.days_left,
        reminders.due_at,
        filed.kind,
        max(filed.edition) filter (where filed.edition < reminders.edition) as previous_edition,
        bool_or(filed.edition = reminders.edition and filed.first_received_at <= reminders.due_at) as is_being_filed
    from reminders
    cross join filed
    group by reminders.edition, reminders.days_left, reminders.due_at, filed.kind
),

missing as (
    select
        asked_for.*,
        filed.perimeter
    from asked_for
    inner join filed on asked_for.kind = filed.kind and asked_for.previous_edition = filed.edition
    anti join filed as done
        on
            asked_for.edition = done.edition
            and asked_for.kind = done.kind
            and filed.perimeter = done.perimeter
    -- Whoever filed what is held has filed.
    anti join drops as held
        on
            asked_for.edition = held.edition
            and asked_for.kind = held.kind
            and filed.perimeter = held.perimeter
            and held.status = 'held'
    -- A kind that nobody files, and nobody filed for the semester before, is no longer asked for.
    where asked_for.is_being_filed or asked_for.previous_edition = {{ semester_before('asked_for.edition') }}
),

from_reminders as (
    select
        rules.rule,
        missing.perimeter || '/' || missing.kind as subject,
        missing.edition,
        cast(missing.days_left as varchar) as level,
        missing.perimeter,
        rules.severity,
        missing.previous_edition,
        missing.kind as measure,
        cast({{ as_of('missing.edition') }} as varchar) as to_text,
        'day' as to_precision,
        missing.due_at as raised_at
    from missing
    inner join rules on rules.rule = 'submission_missing' and missing.days_left = rules.at_least
),

raised as (
    select * from from_slips
    union all by name
    select * from from_drops
    union all by name
    select * from from_reminders
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
