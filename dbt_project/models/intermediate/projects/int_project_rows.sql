{{ config(materialized='table') }}
with projects as (
    select
        *,
        {{ content() }} as content
    from {{ ref('stg_projects') }}
),

submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'projects'
),

aliases as (
    select
        folded_name(name) as folded_name,
        project_id,
        coalesce(from_edition, '') as from_edition,
        coalesce(nullif(to_edition, ''), '9999') as to_edition
    from {{ ref('project_aliases') }}
    where status = 'confirmed'
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
        folded_name(projects.name) as folded_name
    from projects
    inner join submissions using (drop_id)
),

identified as (
    select
        folded.*,
        coalesce(folded.declared_project_id, aliases.project_id, folded.folded_name) as project_id
    from folded
    left join aliases
        on
            folded.folded_name = aliases.folded_name
            and folded.edition between aliases.from_edition and aliases.to_edition
),

ranked as (
    select
        *,
        -- Content breaks the last ties, so that the order of a file's rows never changes a figure.
        row_number() over (
            partition by edition, project_id
            order by received_at desc, perimeter, name, current_cost_meur desc, current_duration_days desc, start_date, content, row_number
        ) as precedence
    from identified
)

select
    * exclude (drop_id, content, is_current, is_baseline),
    {%- for flag, of in [('is_counted', 'is_current'), ('is_baseline', 'is_baseline')] %}
    {{ of }} and precedence = min(precedence) filter (where {{ of }}) over (partition by edition, project_id) as {{ flag }}{{ ',' if not loop.last }}
    {%- endfor %}
from ranked
