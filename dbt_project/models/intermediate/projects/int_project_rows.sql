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

-- What a project of the register is called in its own id, where no line says otherwise.
register_ids as (
    select
        replace(project_id, '-', '') as folded_name,
        min(project_id) as project_id
    from aliases
    group by all
),

named as (
    select
        projects.*,
        cast(submissions.submission_id as varchar) as submission_id,
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

registered as (
    select
        named.*,
        coalesce(aliases.project_id, register_ids.project_id) as register_id
    from named
    left join aliases
        on
            named.folded_name = aliases.folded_name
            and named.edition between aliases.from_edition and aliases.to_edition
    left join register_ids on named.folded_name = register_ids.folded_name
),

filings as (
    select
        edition,
        coalesce(perimeter, '') as perimeter,
        coalesce(cast(received_at as varchar), '') as received_at,
        submission_id,
        folded_name,
        declared_project_id as declared_id,
        min(name) as name,
        register_id,
        coalesce(is_current, false) as is_current
    from registered
    where folded_name is not null
    group by edition, perimeter, received_at, submission_id, folded_name, declared_project_id, register_id, is_current
),

-- All editions at once: what a name or a declared id stands for depends on those before (orchestration.domain.project_identity).
identities as (
    select unnest(project_identities(list(filings)), recursive := true)
    from filings
),

identified as (
    select
        registered.* exclude (register_id),
        identities.project_id,
        identities.identified_by,
        identities.possible_ids
    from registered
    left join identities
        on
            registered.submission_id = identities.submission_id
            and registered.edition = identities.edition
            and coalesce(registered.perimeter, '') = identities.perimeter
            and registered.folded_name = identities.folded_name
            and registered.declared_project_id is not distinct from identities.declared_id
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
