{{ config(materialized='table') }}
{%- set indicators = procedure_indicators() -%}
{%- set measures = procedure_measures() -%}

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

bounds as (
    select * from {{ ref('procedure_plausibility') }}
),

filed as (
    select
        procedures.* replace (
            coalesce(nullif(trim(procedures.procedure_id), ''), folded_name(procedures.name)) as procedure_id,
            -- Why a cell has no value: the word that stands in it, or that it is blank.
            {%- for column in measures %}
            case
                when procedures.{{ column }} is null then coalesce(procedures.{{ column }}_absence, 'non_renseigne')
            end as {{ column }}_absence{{ ',' if not loop.last }}
            {%- endfor %}
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

-- Those of unknown volume have a place after all others, and no rank.
placed as (
    select
        *,
        row_number() over (partition by edition order by total_volume desc nulls last, procedure_id) as place
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

checked as (
    select
        measures.*,
        coalesce(measures.value < bounds.at_least, false) as is_implausible
    from measures
    left join bounds using (indicator)
),

rated as (
    select
        checked.edition,
        checked.procedure_id,
        checked.indicator,
        max(steps.level) filter (where not checked.is_implausible) as level,
        bool_or(checked.is_implausible) as is_implausible
    from checked
    inner join steps using (indicator)
    where
        case steps.comparison
            when 'at_least' then checked.value >= steps.threshold
            when 'at_most' then checked.value <= steps.threshold
            when 'below' then checked.value < steps.threshold
            when 'is' then checked.code = steps.code
            when 'otherwise' then checked.value is not null
        end
    group by checked.edition, checked.procedure_id, checked.indicator
),

levels as (
    select
        edition,
        procedure_id
        {%- for indicator in indicators %},
        max(level) filter (where indicator = '{{ indicator }}') as {{ indicator }}_level,
        coalesce(bool_or(is_implausible) filter (where indicator = '{{ indicator }}'), false) as is_{{ indicator }}_implausible
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
    {%- for column in measures %}
    {{ column }}_absence,
    {%- endfor %}
    cast(case when total_volume is not null then place end as integer) as rank,
    place <= {{ var('top250_places') }} as is_in_top250,
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
    {%- for indicator, (value, code) in indicators.items() %}
    case
        when levels.{{ indicator }}_level is not null then null
        when levels.is_{{ indicator }}_implausible then 'invraisemblable'
        else coalesce({{ code }}, {{ code if value == 'null' else value }}_absence)
    end as {{ indicator }}_exclusion,
    {%- endfor %}
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number,
    cell_columns
from placed
left join levels using (edition, procedure_id)
