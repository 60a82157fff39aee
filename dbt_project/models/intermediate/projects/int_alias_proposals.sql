{{ config(materialized='table') }}
-- Beyond so many pairs in an edition, it is not that projects changed their names; and comparing them would hold up the pass.
{%- set most_pairs = 20000 %}
with counted as (
    select
        edition,
        project_id,
        identified_by,
        folded_name,
        name,
        perimeter,
        description,
        start_date,
        start_precision,
        current_cost_meur
    from {{ ref('int_project_rows') }}
    where is_counted
),

editions as (
    select edition, position, is_closed from {{ ref('int_editions') }}
    where kind = 'projects'
),

filed as (
    select edition, perimeter from {{ ref('int_submissions') }}
    where kind = 'projects' and is_current
),

rejections as (
    select
        folded_name(name) as folded_name,
        project_id,
        coalesce(from_edition, '') as from_edition,
        coalesce(nullif(to_edition, ''), '9999') as to_edition
    from {{ ref('project_aliases') }}
    where status = 'rejected'
),

appearances as (
    select
        *,
        (identified_by is not distinct from 'register' and replace(project_id, '-', '') <> folded_name) as is_by_register,
        lag(edition) over history as last_edition,
        lead(edition) over history as next_edition
    from counted
    window history as (partition by project_id order by edition)
),

-- Neither an id, nor the register, nor the folded name is of a project seen before; a new declared id says that it is another one.
newcomers as (
    select appearances.edition, appearances.project_id
    from appearances
    inner join editions using (edition)
    where
        appearances.last_edition is null
        and appearances.identified_by is distinct from 'own'
        and not appearances.is_by_register
        and editions.position > 1
),

-- As each project was last seen; not gone as long as its perimeter may still file it.
gone as (
    select
        editions.edition,
        appearances.project_id as candidate_id,
        appearances.edition as candidate_edition
    from editions
    semi join newcomers using (edition)
    inner join appearances
        on editions.edition > appearances.edition and (appearances.next_edition is null or editions.edition < appearances.next_edition)
    left join filed on editions.edition = filed.edition and appearances.perimeter = filed.perimeter
    where editions.is_closed or filed.perimeter is not null
),

comparable as (
    select edition
    from (select edition, count(*) as came from newcomers group by edition)
    inner join (select edition, count(*) as left_over from gone group by edition) using (edition)
    where came * left_over <= {{ most_pairs }}
),

pairs as (
    select newcomers.edition, newcomers.project_id, gone.candidate_id, gone.candidate_edition, false as is_confirmed
    from newcomers
    semi join comparable using (edition)
    inner join gone using (edition)
    union all
    select now.edition, now.project_id, now.project_id as candidate_id, now.last_edition as candidate_edition, true as is_confirmed
    from appearances as now
    inner join appearances as before on now.project_id = before.project_id and now.last_edition = before.edition
    where now.folded_name <> before.folded_name and (now.is_by_register or before.is_by_register)
),

compared as (
    select
        pairs.*,
        now.name,
        now.folded_name,
        now.perimeter,
        now.description,
        before.name as candidate_name,
        before.perimeter as candidate_perimeter,
        before.description as candidate_description,
        now.perimeter = before.perimeter as is_same_perimeter,
        {%- set precision = coarser('now.start_precision', 'before.start_precision') %}
        {{ first_day('now.start_date', precision) }} = {{ first_day('before.start_date', precision) }} as is_same_start,
        {{ exact_ratio('now.current_cost_meur', 'before.current_cost_meur', digits=4) }} as cost_ratio
    from pairs
    inner join appearances as now on pairs.edition = now.edition and pairs.project_id = now.project_id
    inner join appearances as before on pairs.candidate_edition = before.edition and pairs.candidate_id = before.project_id
),

scored as (
    select
        *,
        resemblance(
            coalesce(name, ''),
            coalesce(candidate_name, ''),
            case when is_same_perimeter and is_same_start then coalesce(description, '') else '' end,
            case when is_same_perimeter and is_same_start then coalesce(candidate_description, '') else '' end
        ) as score
    from compared
),

likely as (
    select
        scored.*,
        case
            when scored.is_confirmed then 'confirmed'
            when rejections.project_id is not null then 'rejected'
            else 'proposed'
        end as status
    from scored
    left join rejections
        on
            scored.folded_name = rejections.folded_name
            and replace(scored.candidate_id, '-', '') = replace(rejections.project_id, '-', '')
            and scored.edition between rejections.from_edition and rejections.to_edition
    where
        scored.is_confirmed
        or rejections.project_id is not null
        or scored.score >= {{ var('alias_likeness_threshold') }}
),

-- Two projects that any edition declares side by side are not one.
side_by_side as (
    select likely.project_id, likely.candidate_id
    from likely
    inner join counted as one on likely.project_id = one.project_id
    inner join counted as other on likely.candidate_id = other.project_id and one.edition = other.edition
    where likely.status = 'proposed'
)

select
    edition,
    name,
    project_id,
    perimeter,
    candidate_id,
    candidate_name,
    candidate_perimeter,
    candidate_edition,
    score,
    likeness(name, candidate_name) as name_score,
    is_same_perimeter,
    is_same_start,
    cost_ratio,
    status
from likely
anti join side_by_side using (project_id, candidate_id)
