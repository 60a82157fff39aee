{%- set measures = {
    'satisfaction': 'satisfaction_score',
    'accessibility': 'accessibility_rate',
    'dlnuf': 'dlnuf_score',
    'help_reachable': 'help_reachable_rate',
    'availability': 'availability_rate',
    'load_time': 'load_time_ms',
} -%}

with submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'procedures' and is_current
),

perimeters as (
    select perimeter, perimeter_name from {{ ref('perimeters') }}
),

goals as (
    select * from {{ ref('procedure_goals') }}
),

filed as (
    select
        procedures.* replace (
            coalesce(
                nullif(trim(procedures.procedure_id), ''),
                -- A name without any Latin letter or digit folds to nothing: it stands for itself.
                nullif(fold_name(procedures.name), ''),
                lower(trim(procedures.name))
            ) as procedure_id
        ),
        perimeters.perimeter_name,
        submissions.submission_id,
        submissions.received_at,
        submissions.file_name,
        submissions.file_sha256
    from {{ ref('stg_procedures') }} as procedures
    inner join submissions using (drop_id)
    left join perimeters on procedures.perimeter = perimeters.perimeter
),

counted as (
    select * from filed
    qualify
        row_number() over (
            partition by edition, procedure_id
            order by received_at desc, perimeter, name, total_volume desc, procedure_url, row_number
        ) = 1
),

ranked as (
    select
        *,
        row_number() over (partition by edition order by total_volume desc nulls last, procedure_id) as rank
    from counted
),

judged as (
    select
        ranked.*
        {%- for indicator, measure in measures.items() %},
        case
            when ranked.{{ measure }} is null then 'excluded'
            when
                case {{ indicator }}_goal.comparison
                    when 'at_least' then ranked.{{ measure }} >= {{ indicator }}_goal.goal
                    when 'at_most' then ranked.{{ measure }} <= {{ indicator }}_goal.goal
                    when 'below' then ranked.{{ measure }} < {{ indicator }}_goal.goal
                end
                then 'reached'
            else 'not_reached'
        end as {{ indicator }}_status
        {%- endfor %}
    from ranked
    {%- for indicator in measures %}
    inner join goals as {{ indicator }}_goal on {{ indicator }}_goal.indicator = '{{ indicator }}'
    {%- endfor %}
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
    cast(rank as integer) as rank,
    rank <= 250 as is_in_top250,
    case
        when online_status = 'oui' then 'reached'
        -- The administration acts by itself: there is nothing to put online.
        when online_status is null or online_status = 'demarche_proactive' then 'excluded'
        else 'not_reached'
    end as online_goal_status,
    satisfaction_status,
    -- `Non` means that there is no valid audit.
    case when accessibility_rate_absence = 'non' then 'not_reached' else accessibility_status end as accessibility_status,
    dlnuf_status,
    help_reachable_status,
    availability_status,
    load_time_status,
    case
        when authentication in ('franceconnect', 'franceconnect_plus') then 'reached'
        when authentication = 'non' then 'not_reached'
        else 'excluded'
    end as authentication_status,
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number
from judged
