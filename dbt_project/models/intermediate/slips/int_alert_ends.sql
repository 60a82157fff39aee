with states as (
    select * from {{ ref('int_slips') }}
    where is_state
),

alerts as (
    select * from states
    where is_new
),

projects as (
    select
        *,
        {{ last_planned_end(trajectory()) }} as last_planned_end,
        {{ planned_end_precision(trajectory()) }} as last_planned_end_precision
    from {{ ref('int_project_rows') }}
    where is_counted
),

portfolio as (
    select * from {{ ref('int_portfolio') }}
),

actions as (
    select
        *,
        {{ last_day_of('planned_end', 'planned_end_precision') }} as last_planned_end
    from {{ ref('int_roadmap') }}
),

news as (
    select distinct edition, subject from {{ ref('int_slips') }}
    where is_new
),

-- Each later look at what may be over, and what would have ended it there; null where that is not known.
looks as (
    {%- for rule, variance in [('budget_overrun', 'budget'), ('schedule_overrun', 'schedule')] %}
    select
        '{{ rule }}' as rule,
        project_id as subject,
        edition,
        received_at,
        'redressée' as cause,
        cast({{ variance }}_variance_rate * 100 as decimal(20, 8)) as now_value,
        cast(null as varchar) as now_unit,
        cast(null as varchar) as now_text,
        cast(null as date) as now_date,
        cast(null as varchar) as now_precision
    from portfolio
    where {{ variance }}_variance_rate is not null
    union all by name
    {%- endfor %}
    select
        'overdue' as rule,
        project_id as subject,
        edition,
        received_at,
        case
            when phase = 'termine' then 'redressée'
            -- The alert that it was given up says so.
            when phase = 'abandonne' then 'remplacée'
            -- A project that leaves resolves nothing.
            when exit_reason is null and last_planned_end is not null then 'reportée'
        end as cause,
        phase as now_text,
        last_planned_end as now_date,
        last_planned_end_precision as now_precision
    from projects
    union all by name
    select
        'watermelon' as rule,
        confidence.project_id as subject,
        confidence.edition,
        portfolio.received_at,
        case
            when portfolio.phase in ('termine', 'abandonne') then 'remplacée'
            when confidence.computed_confidence <> 'rouge' and confidence.declared_confidence is not null then 'redressée'
            -- It is no better: the ministry now says what its figures say.
            when confidence.declared_confidence <> 'vert' then 'sans objet'
        end as cause,
        case when confidence.computed_confidence <> 'rouge' then confidence.computed_confidence else confidence.declared_confidence end as now_text
    from {{ ref('int_confidence') }} as confidence
    inner join portfolio using (edition, project_id)
    union all by name
    select
        'stagnant' as rule,
        projects.project_id as subject,
        projects.edition,
        projects.received_at,
        case
            when projects.phase in ('termine', 'abandonne') or news.subject is not null then 'remplacée'
            when projects.exit_reason is null then 'redressée'
        end as cause
    from projects
    left join news on projects.edition = news.edition and projects.project_id = news.subject
    union all by name
    -- Of the line of a perimeter, what moved is said by its own rules.
    select
        'stagnant' as rule,
        perimeter as subject,
        edition,
        min(received_at) as received_at,
        'remplacée' as cause
    from projects
    group by perimeter, edition
    union all by name
    select
        'action_overdue' as rule,
        action_id as subject,
        edition,
        received_at,
        case
            when is_completed or (status is null and actual_end is not null) then 'redressée'
            when status = 'abandonne' then 'sans objet'
            when last_planned_end is not null then 'reportée'
        end as cause,
        status as now_text,
        last_planned_end as now_date,
        planned_end_precision as now_precision
    from actions
    union all by name
    select
        'indicator_off_track' as rule,
        indicator_id as subject,
        edition,
        received_at,
        case when status <> 'unknown' then 'redressée' end as cause,
        cast(value as decimal(20, 8)) as now_value,
        unit as now_unit,
        status as now_text
    from {{ ref('int_indicators') }}
),

over as (
    select
        {{ alert_key('alerts.rule', 'alerts.subject', 'alerts.edition', level_of_slip('alerts.')) }} as alert_key,
        alerts.rule,
        alerts.subject,
        alerts.edition,
        {{ level_of_slip('alerts.') }} as level,
        case
            -- A higher level, or the same after a while without: the new alert says it.
            when standing.is_new and coalesce(standing.level >= alerts.level, true) then 'remplacée'
            when standing.level < alerts.level then 'redressée'
            when standing.edition is not null then null
            -- An end that did not move is not put off.
            when looks.cause = 'reportée' and looks.now_date <= cast(alerts.from_text as date) then null
            else looks.cause
        end as cause,
        looks.edition as ended_edition,
        looks.received_at as ended_at,
        looks.now_value,
        looks.now_unit,
        looks.now_text,
        looks.now_date,
        looks.now_precision
    from alerts
    inner join looks
        on
            alerts.rule = looks.rule
            and alerts.subject = looks.subject
            and alerts.edition < looks.edition
    left join states as standing
        on
            alerts.rule = standing.rule
            and alerts.subject = standing.subject
            and alerts.measure = standing.measure
            and looks.edition = standing.edition
),

first_over as (
    select * from over
    where cause is not null
    qualify row_number() over (partition by alert_key order by ended_edition) = 1
),

reminders as (
    select
        {{ alert_key() }} as alert_key,
        rule,
        subject,
        edition,
        level,
        -- The next reminder says it again; what is filed at last ends the last one.
        case when next_due_at is null then 'déposée' else 'remplacée' end as cause,
        edition as ended_edition,
        coalesce(next_due_at, filed_at) as ended_at
    from {{ ref('int_reminders') }}
    where next_due_at is not null or filed_at is not null
)

select * from first_over
union all by name
select * from reminders
