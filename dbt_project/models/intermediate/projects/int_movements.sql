{{ config(materialized='table') }}
with changes as (
    select * from {{ ref('int_project_changes') }}
),

project_rows as (
    select * from {{ ref('int_project_rows') }}
),

proposals as (
    select
        edition,
        candidate_id as project_id,
        min_by(name, (-score, project_id)) as proposed_name
    from {{ ref('int_alias_proposals') }}
    where status = 'proposed'
    group by edition, candidate_id
),

judged as (
    select
        *,
        case
            when is_awaited then 'awaited'
            when not is_present then 'out'
            when not was_present and first_edition < edition then 'back'
            when not was_present then 'in'
            when was_gone then 'back'
        end as movement
    from changes
),

leavers as (
    select edition, project_id, exit_reason from judged
    where movement = 'out'
),

-- What was last said of a leaver, superseded or not: in this edition, else before.
last_words as (
    select
        leavers.edition,
        leavers.project_id,
        coalesce(
            leavers.exit_reason,
            case when project_rows.edition = leavers.edition then project_rows.exit_reason end
        ) as declared_reason,
        project_rows.phase,
        project_rows.received_at,
        project_rows.submission_id
    from leavers
    inner join project_rows
        on leavers.project_id = project_rows.project_id and leavers.edition >= project_rows.edition
    qualify
        row_number() over (
            partition by leavers.edition, leavers.project_id
            order by project_rows.edition desc, project_rows.received_at desc, project_rows.precedence
        ) = 1
),

reasons as (
    select
        last_words.edition,
        last_words.project_id,
        last_words.submission_id,
        case
            when last_words.declared_reason is not null then 'declared'
            when last_words.phase in ('termine', 'abandonne') then 'last_filing'
            when proposals.proposed_name is not null then 'proposed_rename'
            else 'none'
        end as reason_source,
        case reason_source
            when 'declared' then last_words.declared_reason
            when 'last_filing'
                then
                    case last_words.phase when 'termine' then 'terminé' else 'abandonné' end
                    || ' selon la remontée du ' || french_day(last_words.received_at)
            when 'proposed_rename' then 'peut-être renommé en « ' || proposals.proposed_name || ' », à confirmer'
            else 'non déclaré'
        end as reason
    from last_words
    left join proposals using (edition, project_id)
),

-- A project may only come, go or be awaited once in an edition; being renamed is said beside, never instead.
moved as (
    select * from judged
    where movement is not null
    union all
    select * replace ('renamed' as movement) from judged
    where is_present and was_present and is_renamed
)

select
    moved.edition,
    moved.previous_edition,
    moved.project_id,
    moved.movement,
    moved.name,
    moved.previous_name,
    moved.perimeter,
    moved.previous_perimeter,
    reasons.reason,
    reasons.reason_source,
    case when reasons.reason_source = 'last_filing' then reasons.submission_id end as reason_submission_id,
    moved.to_current_cost_meur as current_cost_meur,
    moved.from_current_cost_meur as previous_cost_meur,
    moved.from_submission_id,
    moved.to_submission_id
from moved
left join reasons
    on moved.movement = 'out' and moved.edition = reasons.edition and moved.project_id = reasons.project_id
