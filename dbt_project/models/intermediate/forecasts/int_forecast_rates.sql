{{ config(materialized='table') }}
with editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects'
),

-- What each edition knew: changes seen in it or before.
seen as (
    select editions.edition as known_in, trials.*
    from editions
    inner join {{ ref('int_forecast_trials') }} as trials
        on editions.edition >= trials.seen_in
),

filings as (
    select
        known_in as edition,
        measure,
        count(*) as n,
        list(rate order by rate) as rates,
        cast({{ exact_ratio("sum(change) filter (where measure = 'slip')", 'sum(semesters)', digits=6) }} as decimal(7, 6)) as hazard
    from seen
    where ahead = 'next'
    group by known_in, measure
    having count(*) >= {{ least_changes_of_a_forecast() }}
),

observed as (
    select
        edition,
        measure,
        n,
        hazard,
        rates[(n + 1) // 2] as p50,
        rates[cast(ceil(0.8 * n) as integer)] as p80,
        rates[{{ rank_of_a_p80('n') }}] as careful_p80
    from filings
),

-- By how much outcomes lay over what would have been said when each forecast was made.
misses as (
    select
        seen.known_in as edition,
        seen.ahead,
        seen.measure,
        {%- for quantile in ['p50', 'p80'] %}
        {%- set miss = 'cast(seen.change - seen.semesters * observed.' ~ quantile ~ ' as decimal(24, 12))' %}
        list({{ miss }} order by {{ miss }}) as {{ quantile }},
        {%- endfor %}
        count(*) as n
    from seen
    inner join observed
        on seen.edition = observed.edition and seen.measure = observed.measure
    group by seen.known_in, seen.ahead, seen.measure
    having count(*) >= {{ least_changes_of_a_forecast() }}
),

margins as (
    select
        observed.*,
        horizons.ahead,
        greatest(0, misses.p50[(misses.n + 2) // 2]) as p50_margin,
        -- Not back-tested yet, it is a standard error.
        greatest(p50_margin, coalesce(misses.p80[{{ rank_of_a_p80('misses.n') }}], observed.careful_p80 - observed.p80)) as p80_margin
    from observed
    cross join (values ('next'), ('final')) as horizons (ahead)
    left join misses using (edition, ahead, measure)
)

select
    edition,
    ahead,
    measure,
    n,
    hazard,
    p50,
    p80,
    {%- for quantile in ['p50', 'p80'] %}
    -- What is next is no surer at the end: `next` sorts after `final`.
    cast(max({{ quantile }}_margin) over (partition by edition, measure order by ahead desc) as decimal(24, 12)) as {{ quantile }}_margin{{ ',' if not loop.last }}
    {%- endfor %}
from margins
