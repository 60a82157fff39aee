{{ config(materialized='table') }}
with candidates as (
    select * from {{ ref('int_slip_candidates') }}
),

thresholds as (
    select
        *,
        {{ severity_rank('severity') }} as severity_rank
    from {{ ref('alert_rules') }}
),

reached as (
    select
        candidates.*,
        thresholds.severity,
        case when candidates.rate is not null then cast(thresholds.at_least as integer) end as level
    from candidates
    inner join thresholds using (rule)
    where
        case thresholds.threshold
            when 'always' then true
            when 'crossed_percent'
                then
                    candidates.rate * 100 >= thresholds.at_least
                    and coalesce(candidates.previous_rate * 100 < thresholds.at_least, true)
            when 'percent' then candidates.from_value > 0 and candidates.delta * 100 >= candidates.from_value * thresholds.at_least
            when 'meur' then coalesce(candidates.delta, candidates.from_value) >= thresholds.at_least
            when 'months'
                then date_diff(
                    'day',
                    cast(candidates.from_end + to_months(cast(thresholds.at_least as integer)) as date),
                    candidates.to_end
                ) >= candidates.rounding_days
            else candidates.extent >= thresholds.at_least
        end
    qualify
        row_number() over (
            partition by candidates.edition, candidates.rule, candidates.subject, candidates.measure
            order by thresholds.severity_rank desc, thresholds.at_least desc
        ) = 1
)

select
    edition,
    rule,
    coalesce(is_state, false) as is_state,
    kind,
    subject,
    name,
    perimeter,
    measure,
    unit,
    level,
    cast(from_value as decimal(20, 8)) as from_value,
    cast(to_value as decimal(20, 8)) as to_value,
    cast(coalesce(delta, slip_months) as decimal(20, 8)) as delta,
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
    severity,
    since_edition,
    from_submission_id,
    to_submission_id
from reached
