{#- Kind -> the model that has the rows that count, and the column of its subject. -#}
{%- set subjects = {
    'projects': ('int_portfolio', 'project_id'),
    'procedures': ('int_procedures', 'procedure_id'),
    'roadmap': ('int_roadmap', 'action_id'),
    'indicators': ('int_indicators', 'indicator_id'),
} -%}
{#- Column of the portfolio that a baseline is -> its measure, and whether it is read from the start beside that cell. -#}
{%- set baselines = {
    'baseline_cost_meur': ('cost', false),
    'baseline_duration_days': ('duration', false),
    'baseline_end_duration_days': ('end', false),
    'baseline_end_date': ('end', true),
} -%}

with cells as (
    select * from {{ ref('stg_cells') }}
),

submissions as (
    select * from {{ ref('int_submissions') }}
),

counted as (
    {%- for kind, (model, subject) in subjects.items() %}
    select
        edition,
        '{{ kind }}' as kind,
        {{ subject }} as subject,
        submission_id,
        row_number
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

first_said as (
    {%- for field, (measure, is_start) in baselines.items() %}
    select
        edition,
        project_id as subject,
        '{{ field }}' as field,
        {{ is_start }} as is_start,
        baseline_{{ measure }}_submission_id as submission_id,
        baseline_{{ measure }}_cell as said_in
    from {{ ref('int_portfolio') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

of_rows as (
    select
        counted.edition,
        counted.kind,
        counted.subject,
        cells.field,
        submissions.submission_id,
        cells.sheet,
        cells.row_number,
        cells.cell,
        cells.typed
    from counted
    inner join submissions using (submission_id)
    inner join cells
        on
            counted.kind = cells.kind
            and submissions.drop_id = cells.drop_id
            and counted.row_number = cells.row_number
),

of_baselines as (
    select
        first_said.edition,
        'projects' as kind,
        first_said.subject,
        first_said.field,
        submissions.submission_id,
        cells.sheet,
        cells.row_number,
        cells.cell,
        cells.typed
    from first_said
    inner join submissions using (submission_id)
    inner join cells
        on
            cells.kind = 'projects'
            and submissions.drop_id = cells.drop_id
            and case
                when first_said.is_start
                    then cells.field = 'start_date' and cells.row_number = cast(regexp_extract(first_said.said_in, '\d+') as integer)
                else cells.cell = first_said.said_in
            end
),

rested_on as (
    select * from of_rows
    union all
    select * from of_baselines
)

select
    rested_on.*,
    submissions.file_name,
    submissions.file_sha256
from rested_on
inner join submissions using (submission_id)
