{{ config(meta={'dagster': {'ref': {'name': 'project_aliases'}}}) }}
-- One row per fault of the register: a line that says nothing sound, or two lines that contradict each other in some edition.

with aliases as (
    select
        *,
        row_number() over (order by name, project_id, status, from_edition, to_edition, source) as line,
        folded_name(name) as folded_name,
        coalesce(from_edition, '') as since,
        coalesce(to_edition, '9999') as until
    from {{ ref('project_aliases') }}
),

pairs as (
    select
        one.*,
        other.project_id as other_project_id,
        other.status as other_status,
        one.folded_name = other.folded_name as is_same_name
    from aliases as one
    inner join aliases as other
        on
            one.line <> other.line
            and one.since <= other.until
            and other.since <= one.until
            and (one.folded_name = other.folded_name or replace(one.project_id, '-', '') = other.folded_name)
)

select name, project_id, 'a name, an id, a source and a known status are needed' as broken
from aliases
where name is null or project_id is null or source is null or status is null or status not in ('confirmed', 'rejected')
union all
select name, project_id, 'editions are codes such as 2017-S1, the first not after the last' as broken
from aliases
where not regexp_full_match(coalesce(from_edition, to_edition, '2017-S1'), '[0-9]{4}-S[12]')
    or not regexp_full_match(coalesce(to_edition, from_edition, '2017-S1'), '[0-9]{4}-S[12]')
    or since > until
union all
select name, project_id, 'the name is confirmed twice' as broken
from pairs
where is_same_name and status = 'confirmed' and other_status = 'confirmed'
union all
select name, project_id, 'the pair is judged twice' as broken
from pairs
where is_same_name and project_id = other_project_id and (status = 'rejected' or other_status = 'rejected')
union all
select name, project_id, 'the register itself sends the id elsewhere' as broken
from pairs
where not is_same_name and project_id <> other_project_id and status = 'confirmed' and other_status = 'confirmed'
union all
select min(name) as name, min(project_id) as project_id, 'two ids differ by their hyphens alone' as broken
from aliases
group by replace(project_id, '-', '')
having count(distinct project_id) > 1
