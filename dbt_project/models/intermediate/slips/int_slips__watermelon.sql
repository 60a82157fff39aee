with severities as (
    select severity from {{ ref('alert_rules') }}
    where rule = 'watermelon' and threshold = 'always'
    order by {{ severity_rank('severity') }} desc
    limit 1
)

select
    watermelons.edition,
    'watermelon' as rule,
    'projects' as kind,
    watermelons.project_id as subject,
    watermelons.project_id,
    watermelons.name,
    watermelons.perimeter,
    'confidence' as measure,
    watermelons.declared_confidence as from_text,
    watermelons.computed_confidence as to_text,
    watermelons.reasons as detail,
    severities.severity,
    watermelons.submission_id as to_submission_id
from {{ ref('int_confidence') }} as watermelons
cross join severities
where watermelons.is_watermelon
