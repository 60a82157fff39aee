{{ config(materialized='table') }}
with reminders as (
    select * from {{ ref('stg_reminders') }}
),

rules as (
    select * from {{ ref('alert_rules') }}
),

calendar as (
    select
        edition,
        deadline
    from {{ ref('edition_calendar') }}
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

-- Whoever filed what is held has filed.
held as (
    select
        edition,
        kind,
        perimeter,
        min(received_at) as first_received_at
    from {{ ref('stg_drops') }}
    where status = 'held'
    group by edition, kind, perimeter
),

asked_for as (
    select
        reminders.edition,
        reminders.days_left,
        reminders.moved_to,
        reminders.due_at,
        filed.kind,
        max(filed.edition) filter (where filed.edition < reminders.edition) as previous_edition,
        bool_or(filed.edition = reminders.edition and filed.first_received_at <= reminders.due_at) as is_being_filed
    from reminders
    cross join filed
    group by reminders.edition, reminders.days_left, reminders.moved_to, reminders.due_at, filed.kind
),

asked as (
    select
        asked_for.*,
        before.perimeter,
        least(done.first_received_at, held.first_received_at) as filed_at
    from asked_for
    inner join filed as before on asked_for.kind = before.kind and asked_for.previous_edition = before.edition
    left join filed as done
        on
            asked_for.edition = done.edition
            and asked_for.kind = done.kind
            and before.perimeter = done.perimeter
    left join held
        on
            asked_for.edition = held.edition
            and asked_for.kind = held.kind
            and before.perimeter = held.perimeter
    -- A kind that nobody files, and nobody filed for the semester before, is no longer asked for.
    where asked_for.is_being_filed or asked_for.previous_edition = {{ semester_before('asked_for.edition') }}
)

select
    rules.rule,
    asked.perimeter || '/' || asked.kind as subject,
    asked.edition,
    asked.days_left || coalesce('@' || asked.moved_to, '') as level,
    asked.perimeter,
    rules.severity,
    asked.previous_edition,
    asked.kind as measure,
    cast(coalesce(calendar.deadline, {{ as_of('asked.edition') }}) as varchar) as to_text,
    'day' as to_precision,
    asked.due_at as raised_at,
    asked.filed_at,
    lead(asked.due_at) over (
        partition by asked.edition, asked.kind, asked.perimeter
        order by asked.due_at, asked.days_left desc
    ) as next_due_at
from asked
inner join rules on rules.rule = 'submission_missing' and asked.days_left = rules.at_least
left join calendar on asked.edition = calendar.edition
-- What was filed by then was not asked for.
where coalesce(asked.filed_at > asked.due_at, true)
