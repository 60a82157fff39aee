{#- The two ways to the goal of the authentication, each alone and of the same procedures. -#}
{%- set ways = {'franceconnect': 'FranceConnect', 'franceconnect_plus': 'FranceConnect+'} -%}

with editions as (
    select edition, previous_edition
    from {{ ref('int_editions') }}
    where kind = 'procedures'
),

goals as (
    select distinct indicator, name, words
    from {{ ref('procedure_levels') }}
    where level = 2
),

levels as (
    select * from {{ ref('int_procedure_levels') }}
    where is_in_top250
),

rated as (
    select
        levels.edition,
        levels.perimeter,
        levels.perimeter_name,
        levels.indicator,
        goals.name as indicator_name,
        goals.words as goal,
        levels.level,
        levels.exclusion
    from levels
    inner join goals using (indicator)
    {%- for way, name in ways.items() %}
    union all
    select
        edition,
        perimeter,
        perimeter_name,
        '{{ way }}' as indicator,
        '{{ name }} seul' as indicator_name,
        null as goal,
        case when level is not null then if(code = '{{ way }}', 2, 0) end as level,
        exclusion
    from levels
    where indicator = 'authentication'
    {%- endfor %}
),

counted as (
    select
        edition,
        coalesce(perimeter, 'all') as perimeter,
        any_value(perimeter_name) as perimeter_name,
        indicator,
        any_value(indicator_name) as indicator_name,
        any_value(goal) as goal,
        count(*) as procedures,
        count(*) filter (where level = 2) as reached,
        count(*) filter (where level < 2) as not_reached,
        count(*) filter (where level = 1) as partly_reached,
        count(*) filter (where level is null) as excluded,
        count(*) filter (where exclusion = 'invraisemblable') as implausible
    from rated
    group by grouping sets ((edition, indicator, perimeter), (edition, indicator))
),

shares as (
    select
        counted.*,
        editions.previous_edition,
        {{ exact_ratio('reached', 'reached + not_reached', scale=0) }} as share
    from counted
    inner join editions using (edition)
)

select
    now.edition,
    now.perimeter,
    case when now.perimeter = 'all' then 'Tous les périmètres' else now.perimeter_name end as perimeter_name,
    now.indicator,
    now.indicator_name,
    now.goal,
    cast(now.procedures as integer) as procedures,
    cast(now.reached as integer) as reached,
    cast(now.not_reached as integer) as not_reached,
    cast(now.partly_reached as integer) as partly_reached,
    cast(now.excluded as integer) as excluded,
    cast(now.implausible as integer) as implausible,
    now.share,
    {{ percent('now.share') }} as share_pct,
    now.previous_edition,
    cast(before.reached as integer) as previous_reached,
    before.share as previous_share,
    cast(now.reached - before.reached as integer) as reached_change,
    now.share - before.share as share_change
from shares as now
left join shares as before
    on
        now.previous_edition = before.edition
        and now.perimeter = before.perimeter
        and now.indicator = before.indicator
