{#- How far FranceConnect has come, over all procedures: row -> its name and the authentications that it counts. -#}
{%- set coverages = {
    'franceconnect': ('FranceConnect', ['franceconnect']),
    'franceconnect_plus': ('FranceConnect+', ['franceconnect_plus']),
    'franceconnect_all': ('FranceConnect et FranceConnect+', ['franceconnect', 'franceconnect_plus']),
} -%}

with editions as (
    select edition, previous_edition
    from {{ ref('int_editions') }}
    where kind = 'procedures'
),

top250 as (
    select * from {{ ref('int_procedures') }}
    where is_in_top250
),

goals as (
    select distinct indicator, name, words
    from {{ ref('procedure_levels') }}
    where level = 2
),

rated as (
    select
        edition,
        perimeter,
        perimeter_name,
        goals.indicator,
        goals.name as indicator_name,
        goals.words as goal,
        level
    from (
        select edition, perimeter, perimeter_name, columns('.*_level') from top250
    )
    unpivot include nulls (level for column_name in (columns('.*_level')))
    inner join goals on column_name = goals.indicator || '_level'
    {%- for indicator, (name, authentications) in coverages.items() %}
    union all
    select
        edition,
        perimeter,
        perimeter_name,
        '{{ indicator }}' as indicator,
        '{{ name }}' as indicator_name,
        null as goal,
        case when authentication in ('{{ authentications | join("', '") }}') then 2 else 0 end as level
    from top250
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
        count(*) filter (where level is null) as excluded
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
