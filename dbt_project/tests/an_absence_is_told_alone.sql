{{ config(meta={'dagster': {'ref': {'name': 'slips'}}}) }}
-- One row per project of which something else is told in an edition in which it went silent: a cause says its consequences.
select
    absences.edition,
    absences.subject,
    others.rule
from {{ ref('slips') }} as absences
inner join {{ ref('slips') }} as others
    on
        absences.edition = others.edition
        and absences.subject = others.subject
        and others.rule <> 'went_silent'
where absences.rule = 'went_silent'
