{{ config(materialized='table') }}
with candidates as (
    select
        *,
        -- A reduction is weighed by how much less there is.
        case when rule = 'reduced' then -delta else delta end as weighed
    from {{ ref('int_slip_candidates') }}
),

thresholds as (
    select
        *,
        {{ severity_rank('severity') }} as severity_rank
    from {{ ref('alert_rules') }}
),

reached as (
    select
        candidates.* exclude (level),
        -- What was the same before is no news, however far it moved.
        case when candidates.returns_to_edition is null then thresholds.severity else 'information' end as severity,
        case when thresholds.threshold = 'crossed_percent' then candidates.level end as level
    from candidates
    inner join thresholds using (rule)
    where
        case thresholds.threshold
            when 'always' then true
            when 'crossed_percent' then candidates.level >= thresholds.at_least
            when 'percent' then candidates.from_value > 0 and candidates.weighed * 100 >= candidates.from_value * thresholds.at_least
            when 'meur' then candidates.weighed >= thresholds.at_least
            when 'above_meur' then candidates.cost_meur > thresholds.at_least
            when 'months'
                then
                    abs(candidates.slip_months)
                    >= thresholds.at_least * least(coalesce(candidates.semesters, 1), {{ most_semesters_counted() }})
            when 'if_unfinished' then candidates.is_unfinished
            when 'meur_if_done' then candidates.from_value >= thresholds.at_least
            when 'meur_if_ahead' then candidates.is_ahead and candidates.from_value >= thresholds.at_least
            else candidates.extent >= thresholds.at_least
        end
    qualify
        row_number() over (
            partition by candidates.edition, candidates.rule, candidates.subject, candidates.measure
            order by thresholds.severity_rank desc, thresholds.at_least desc
        ) = 1
        -- That the phase goes back makes a reduction graver, and is none by itself.
        and bool_or(thresholds.threshold <> 'phases_back') over (
            partition by candidates.edition, candidates.rule, candidates.subject, candidates.measure
        )
)

select
    edition,
    rule,
    kind,
    subject,
    -- What many projects of a perimeter do together is its own.
    case when kind = 'projects' and measure <> 'trajectories' then subject end as project_id,
    name,
    perimeter,
    measure,
    unit,
    level,
    cast(from_value as decimal(20, 8)) as from_value,
    cast(to_value as decimal(20, 8)) as to_value,
    cast(coalesce(delta, case when from_value is null and to_value is null then slip_months end) as decimal(20, 8)) as delta,
    -- What an indicator or a procedure measures has a unit of its own, of which no percentage is shown.
    case
        when kind <> 'projects' then null
        when rate is not null then {{ percent('rate') }}
        when from_value > 0 then {{ percent(exact_ratio('delta', 'from_value')) }}
    end as delta_pct,
    from_text,
    to_text,
    from_precision,
    to_precision,
    slip_months,
    end_change_months,
    returns_to_edition,
    cause,
    detail,
    severity,
    since_edition,
    is_new,
    from_submission_id,
    to_submission_id
from reached
