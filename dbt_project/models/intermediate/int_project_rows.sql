with projects as (
    select * from {{ ref('stg_projects') }}
),

submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'projects' and (is_current or is_baseline)
),

aliases as (
    select
        fold_name(name) as folded_name,
        project_id
    from {{ ref('project_aliases') }}
),

folded as (
    select
        projects.*,
        submissions.submission_id,
        submissions.received_at,
        submissions.file_name,
        submissions.file_sha256,
        submissions.is_current,
        submissions.is_baseline,
        -- A name without any Latin letter or digit folds to nothing: it stands for itself.
        coalesce(nullif(fold_name(projects.name), ''), lower(trim(projects.name))) as folded_name
    from projects
    inner join submissions using (drop_id)
),

identified as (
    select
        folded.*,
        coalesce(folded.declared_project_id, aliases.project_id, folded.folded_name) as project_id
    from folded
    left join aliases using (folded_name)
),

ranked as (
    select
        *,
        -- Content breaks the last ties, so that the order of a file's rows never changes a figure.
        row_number() over (
            partition by edition, project_id, is_current
            order by received_at desc, perimeter, name, current_cost_meur desc, current_duration_days desc, start_date, row_number
        ) as current_age,
        row_number() over (
            partition by edition, project_id, is_baseline
            order by received_at desc, perimeter, name, current_cost_meur desc, current_duration_days desc, start_date, row_number
        ) as baseline_age
    from identified
)

select
    * exclude (drop_id, is_current, is_baseline, current_age, baseline_age),
    is_current and current_age = 1 as is_counted,
    is_baseline and baseline_age = 1 as is_baseline
from ranked
where (is_current and current_age = 1) or (is_baseline and baseline_age = 1)
