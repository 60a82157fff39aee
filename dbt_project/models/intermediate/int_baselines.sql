with filed as (
    select * from {{ ref('int_project_rows') }}
    where is_baseline
)

select
    project_id,
    {%- for measure in ['cost_meur', 'duration_days'] %}
    min(edition) filter (where initial_{{ measure }} is not null) as declared_{{ measure }}_since,
    arg_min(initial_{{ measure }}, edition) filter (where initial_{{ measure }} is not null) as declared_{{ measure }},
    min(edition) filter (where current_{{ measure }} is not null) as first_seen_{{ measure }}_since,
    arg_min(current_{{ measure }}, edition) filter (where current_{{ measure }} is not null) as first_seen_{{ measure }},
    {%- endfor %}
    min(edition) filter (where start_date is not null) as first_seen_start_since,
    arg_min(start_date, edition) filter (where start_date is not null) as first_seen_start
from filed
group by project_id
