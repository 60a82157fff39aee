with submissions as (
    select * from {{ ref('int_submissions') }}
),

project_rows as (
    select
        submission_id,
        project_id,
        precedence,
        is_interministerial,
        current_cost_meur,
        current_duration_days
    from {{ ref('int_project_rows') }}
),

moments as (
    select
        edition,
        received_at,
        row_number() over (partition by edition order by received_at) as revision,
        lead(received_at) over (partition by edition order by received_at) as superseded_at
    from submissions
    group by edition, received_at
),

in_force as (
    select
        moments.edition,
        moments.revision,
        submissions.* exclude (edition, received_at, superseded_at)
    from moments
    cross join lateral {{ rows_as_of('submissions', 'moments.received_at') }} as submissions
    where moments.edition = submissions.edition
),

filed as (
    select
        edition,
        revision,
        count(distinct perimeter) filter (where kind in ('projects', 'procedures')) as perimeters_filed,
        count(*) as submissions,
        bool_or(kind = 'projects') as has_projects
    from in_force
    group by edition, revision
),

counted as (
    select
        in_force.edition,
        in_force.revision,
        project_rows.*
    from in_force
    inner join project_rows using (submission_id)
    qualify row_number() over (partition by in_force.edition, in_force.revision, project_rows.project_id order by project_rows.precedence) = 1
),

projects as (
    select
        edition,
        revision,
        count(*) as projects,
        count(*) filter (where is_interministerial) as interministerial,
        sum(current_cost_meur) as total_cost_meur,
        {{ exact_ratio('sum(current_duration_days)', days_in_a_year() ~ ' * count(current_duration_days)', scale=18, digits=1) }} as mean_duration_years
    from counted
    group by edition, revision
)

select
    moments.edition,
    cast(moments.revision as integer) as revision,
    moments.received_at,
    moments.superseded_at,
    cast(filed.perimeters_filed as integer) as perimeters_filed,
    cast(filed.submissions as integer) as submissions,
    -- A kind that the edition lacked has no figure; a kind filed without a row counts 0.
    {%- for column in ['projects', 'interministerial'] %}
    cast(case when filed.has_projects then coalesce(projects.{{ column }}, 0) end as integer) as {{ column }},
    {%- endfor %}
    cast(case when filed.has_projects then coalesce(projects.total_cost_meur, 0) end as decimal(38, 8)) as total_cost_meur,
    cast(projects.mean_duration_years as decimal(6, 1)) as mean_duration_years
from moments
inner join filed using (edition, revision)
left join projects using (edition, revision)
