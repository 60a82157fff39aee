{{ config(materialized='table') }}
{%- set indicators = procedure_indicators() -%}

with submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'procedures' and is_current
),

perimeters as (
    select perimeter, perimeter_name from {{ ref('perimeters') }}
),

steps as (
    select * from {{ ref('procedure_levels') }}
),

filed as (
    select
        procedures.* replace (
            coalesce(nullif(trim(procedures.procedure_id), ''), folded_name(procedures.name)) as procedure_id
        ),
        perimeters.perimeter_name,
        submissions.submission_id,
        submissions.received_at,
        submissions.file_name,
        submissions.file_sha256
    from (select *, {{ content() }} as content from {{ ref('stg_procedures') }}) as procedures
    inner join submissions using (drop_id)
    left join perimeters on procedures.perimeter = perimeters.perimeter
),

counted as (
    select * from filed
    qualify
        row_number() over (
            partition by edition, procedure_id
            order by received_at desc, perimeter, name, total_volume desc, procedure_url, content, row_number
        ) = 1
),

ranked as (
    select
        *,
        row_number() over (partition by edition order by total_volume desc nulls last, procedure_id) as rank
    from counted
),

measures as (
    {%- for indicator, (value, code) in indicators.items() %}
    select
        edition,
        procedure_id,
        '{{ indicator }}' as indicator,
        cast({{ value }} as decimal(38, 15)) as value,
        {{ code }} as code
    from counted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

rated as (
    select
        measures.edition,
        measures.procedure_id,
        measures.indicator,
        max(steps.level) as level
    from measures
    inner join steps using (indicator)
    where
        case steps.comparison
            when 'at_least' then measures.value >= steps.threshold
            when 'at_most' then measures.value <= steps.threshold
            when 'below' then measures.value < steps.threshold
            when 'is' then measures.code = steps.code
            when 'otherwise' then measures.value is not null
        end
    group by measures.edition, measures.procedure_id, measures.indicator
),

levels as (
    select
        edition,
        procedure_id
        {%- for indicator in indicators %},
        max(level) filter (where indicator = '{{ indicator }}') as {{ indicator }}_level
        {%- endfor %}
    from rated
    group by edition, procedure_id
)

select
    edition,
    procedure_id,
    name,
    perimeter,
    perimeter_name,
    ministry,
    administration,
    online_status,
    user_categories,
    total_volume,
    online_volume,
    digital_use_rate,
    satisfaction_score,
    disability_status,
    accessibility_rate,
    accessibility_rate_absence,
    accessibility_declared_on,
    language_clarity_score,
    autonomy_rate,
    help_reachable_rate,
    help_efficiency_score,
    authentication,
    dlnuf_score,
    availability_rate,
    load_time_ms,
    procedure_url,
    cast(rank as integer) as rank,
    rank <= 250 as is_in_top250,
    {%- for indicator in indicators %}
    case levels.{{ indicator }}_level
        when 2 then 'reached'
        when 1 then 'not_reached'
        when 0 then 'not_reached'
        else 'excluded'
    end as {{ 'online_goal' if indicator == 'online' else indicator }}_status,
    {%- endfor %}
    {%- for indicator in indicators %}
    levels.{{ indicator }}_level,
    {%- endfor %}
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number,
    cell_columns
from ranked
left join levels using (edition, procedure_id)
