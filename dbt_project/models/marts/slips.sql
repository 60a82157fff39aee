{#- Rules that tell a state: they hold for as many editions as it lasts, and are news when it begins or grows worse. -#}
{%- set states = ['overdue', 'stagnant', 'watermelon', 'indicator_off_track', 'action_overdue'] -%}

{#- What a procedure may lose -> the value and the code that its level was read from. -#}
{%- set measures = {
    'online': ('null', 'online_status', 'null'),
    'authentication': ('null', 'authentication', 'null'),
    'satisfaction': ('satisfaction_score', 'null', "'score'"),
    'accessibility': ('100 * accessibility_rate', 'null', "'pct'"),
} -%}

with editions as (
    select * from {{ ref('int_editions') }}
),

thresholds as (
    select
        *,
        {{ severity_rank('severity') }} as severity_rank
    from {{ ref('alert_rules') }}
),

procedures as (
    select * from {{ ref('procedures') }}
),

levels as (
    select * from {{ ref('procedure_levels') }}
),

watermelons as (
    select
        edition,
        'watermelon' as rule,
        'projects' as kind,
        project_id as subject,
        name,
        perimeter,
        'confidence' as measure,
        declared_confidence as from_text,
        computed_confidence as to_text,
        reasons as detail,
        submission_id as to_submission_id
    from {{ ref('confidence') }}
    where is_watermelon
),

procedure_levels as (
    {%- for measure, (value, code, unit) in measures.items() %}
    select
        edition,
        procedure_id,
        name,
        perimeter,
        submission_id,
        '{{ measure }}' as measure,
        {{ measure }}_level as level,
        cast({{ value }} as decimal(20, 8)) as value,
        {{ code }} as code,
        {{ unit }} as unit
    from procedures
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

procedure_changes as (
    select
        now.edition,
        now.procedure_id,
        now.measure,
        now.name,
        now.perimeter,
        now.unit,
        {%- for side, row in [('from', 'before'), ('to', 'now')] %}
        {{ row }}.value as {{ side }}_value,
        {{ row }}.level as {{ side }}_level,
        {{ row }}.code as {{ side }}_code,
        {{ row }}.submission_id as {{ side }}_submission_id{{ ',' if not loop.last }}
        {%- endfor %}
    from procedure_levels as now
    inner join editions on now.edition = editions.edition and editions.kind = 'procedures'
    inner join procedure_levels as before
        on
            editions.previous_edition = before.edition
            and now.procedure_id = before.procedure_id
            and now.measure = before.measure
    where now.level < before.level
),

regressions as (
    select
        edition,
        'procedure_regressed' as rule,
        'procedures' as kind,
        procedure_id as subject,
        coalesce(name, procedure_id) as name,
        perimeter,
        measure,
        unit,
        from_value,
        to_value,
        to_value - from_value as delta,
        from_level - to_level as levels_lost,
        {%- for side in ['from', 'to'] %}
        -- A level read from a value is said by its own row, one read from a code by the code's.
        (
            select min(levels.words)
            from levels
            where
                levels.indicator = procedure_changes.measure
                and levels.level = procedure_changes.{{ side }}_level
                and (levels.comparison = 'is') = (procedure_changes.{{ side }}_value is null)
                and coalesce(levels.code = procedure_changes.{{ side }}_code, true)
        ) as {{ side }}_text,
        {%- endfor %}
        from_submission_id,
        to_submission_id
    from procedure_changes
),

indicators_off_track as (
    select
        edition,
        'indicator_off_track' as rule,
        'indicators' as kind,
        indicator_id as subject,
        coalesce(title, indicator_id) as name,
        perimeter,
        'value' as measure,
        unit,
        -- Where the straight line from the baseline to the target stands on the day of the measure.
        cast(baseline + cast(expected_progress as decimal(18, 12)) * (target - baseline) as decimal(20, 8)) as from_value,
        value as to_value,
        100 * (expected_progress - progress) as points_behind,
        submission_id as to_submission_id
    from {{ ref('indicators') }}
    where status = 'off_track'
),

late_actions as (
    select
        edition,
        'action_overdue' as rule,
        'roadmap' as kind,
        action_id as subject,
        coalesce(title, action_id) as name,
        perimeter,
        'end' as measure,
        'months' as unit,
        cast(date_sub('month', {{ last_day_of('planned_end', 'planned_end_precision') }}, {{ as_of('edition') }}) as integer) as slip_months,
        cast(planned_end as varchar) as from_text,
        cast({{ as_of('edition') }} as varchar) as to_text,
        submission_id as to_submission_id
    from {{ ref('roadmap') }}
    where is_overdue
),

candidates as (
    select * from watermelons
    union all by name
    select * from regressions
    union all by name
    select *, to_value - from_value as delta from indicators_off_track
    union all by name
    select * from late_actions
),

others as (
    select
        candidates.* exclude (levels_lost, points_behind) replace (
            cast(coalesce(candidates.delta, candidates.slip_months) as decimal(20, 8)) as delta
        ),
        thresholds.severity
    from candidates
    inner join thresholds using (rule)
    where
        case thresholds.threshold
            when 'always' then true
            when 'levels' then candidates.levels_lost >= thresholds.at_least
            when 'points' then candidates.points_behind >= thresholds.at_least
            when 'months' then candidates.slip_months >= thresholds.at_least
        end
    qualify
        row_number() over (
            partition by candidates.edition, candidates.rule, candidates.subject, candidates.measure
            order by thresholds.severity_rank desc
        ) = 1
),

slipping as (
    select
        * exclude (project_id),
        'projects' as kind,
        project_id as subject
    from {{ ref('int_project_slips') }}
    union all by name
    select * from others
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
    slip_months,
    detail,
    severity,
    coalesce(since_edition, min(edition) over run_so_far) as since_edition,
    rule not in ('{{ states | join("', '") }}') or severity_rank > coalesce(lag(severity_rank) over run_so_far, 0) as is_new,
    from_submission_id,
    to_submission_id
from in_runs
window run_so_far as (partition by rule, subject, measure, run order by edition)
