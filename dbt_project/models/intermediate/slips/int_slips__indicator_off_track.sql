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
    value - cast(baseline + cast(expected_progress as decimal(18, 12)) * (target - baseline) as decimal(20, 8)) as delta,
    100 * (expected_progress - progress) as extent,
    submission_id as to_submission_id
from {{ ref('int_indicators') }}
where status = 'off_track'
