{{ config(materialized='table') }}
{#- What sets a baseline, and what states it anew: `stated` for costs and durations, any start for a start. -#}
{%- set measures = {
    'cost': {'stated': 'initial_cost_meur', 'seen': 'current_cost_meur', 'stated_text': 'initial_cost_typed', 'seen_text': 'cost_typed', 'stated_cell': 'initial_cost_cell', 'seen_cell': 'cost_cell'},
    'duration': {'stated': 'initial_duration_days', 'seen': 'current_duration_days', 'stated_text': 'initial_duration_typed', 'seen_text': 'duration_typed', 'stated_cell': 'initial_duration_cell', 'seen_cell': 'duration_cell'},
} -%}
{%- set no_trajectory %}'start_date': cast(null as date), 'start_precision': cast(null as varchar), 'stated_end_date': cast(null as date), 'stated_end_precision': cast(null as varchar){% endset -%}

with recursive project_rows as (
    select * from {{ ref('int_project_rows') }}
),

measured as (
    {%- for measure, columns in measures.items() %}
    select
        edition,
        project_id,
        '{{ measure }}' as measure,
        is_counted,
        is_baseline,
        {{ columns.stated }} is not null as is_stated,
        {
            'amount': cast(coalesce({{ columns.stated }}, {{ columns.seen }}) as decimal(38, 18)),
            'day': cast(null as date),
            'precision': {{ "case when initial_duration_days is null then current_duration_precision else initial_duration_precision end" if measure == 'duration' else "cast(null as varchar)" }},
            'source': case
                when {{ columns.stated }} is not null then 'declared'
                when {{ columns.seen }} is not null then 'first_seen'
            end,
            'text': case when {{ columns.stated }} is null then {{ columns.seen_text }} else {{ columns.stated_text }} end,
            'cell': case when {{ columns.stated }} is null then {{ columns.seen_cell }} else {{ columns.stated_cell }} end,
            'edition': edition,
            'submission_id': submission_id,
            {{ no_trajectory }}
        } as filed
    from project_rows
    union all
    {%- endfor %}
    -- An end is a start and a duration of one row: `amount` and `precision` are the duration's.
    select
        edition,
        project_id,
        'end' as measure,
        is_counted,
        is_baseline,
        initial_duration_days is not null and start_date is not null as is_stated,
        {
            'amount': cast(coalesce(initial_duration_days, current_duration_days) as decimal(38, 18)),
            'day': cast(null as date),
            'precision': case when initial_duration_days is null then current_duration_precision else initial_duration_precision end,
            'source': case
                when start_date is null then null
                when initial_duration_days is not null then 'declared'
                when current_duration_days is not null then 'first_seen'
            end,
            'text': case when initial_duration_days is null then duration_typed else initial_duration_typed end,
            'cell': case when initial_duration_days is null then duration_cell else initial_duration_cell end,
            'edition': edition,
            'submission_id': submission_id,
            'start_date': start_date,
            'start_precision': start_precision,
            'stated_end_date': case when initial_duration_days is null then stated_end_date end,
            'stated_end_precision': case when initial_duration_days is null then stated_end_precision end
        } as filed
    from project_rows
    union all
    select
        edition,
        project_id,
        'start' as measure,
        is_counted,
        is_baseline,
        start_date is not null as is_stated,
        {
            'amount': cast(null as decimal(38, 18)),
            'day': start_date,
            'precision': start_precision,
            'source': case when start_date is not null then 'first_seen' end,
            'text': cast(start_date as varchar),
            'cell': cast(null as varchar),
            'edition': edition,
            'submission_id': submission_id,
            {{ no_trajectory }}
        } as filed
    from project_rows
),

originals as (
    select
        project_id,
        measure,
        filed as original
    from measured
    where is_baseline and filed.source is not null
    qualify row_number() over (partition by project_id, measure order by edition) = 1
),

counted as (
    select
        measured.*,
        originals.original,
        -- A row that came too late to set a baseline, and that no earlier edition gives one, is compared with itself.
        coalesce(originals.original.edition <= measured.edition, false) as has_original,
        row_number() over (
            partition by measured.project_id, measured.measure, originals.original.edition <= measured.edition
            order by measured.edition
        ) as position
    from measured
    left join originals using (project_id, measure)
    where measured.is_counted
),

-- Edition by edition, since each value is compared with the baseline in force, which the last rewriting set.
history as (
    select
        cast(null as varchar) as edition,
        project_id,
        measure,
        cast(0 as bigint) as position,
        original,
        original as before,
        original as in_force,
        false as is_rebaseline,
        0 as rebaselines
    from originals
    union all
    select
        edition,
        project_id,
        measure,
        position,
        original,
        in_force as before,
        case when is_changed then filed else in_force end as in_force,
        -- A rewritten end is a rewritten start or duration, which is told.
        is_changed and measure <> 'end' as is_rebaseline,
        rebaselines + (is_changed and measure <> 'end')::integer as rebaselines
    from (
        select
            counted.edition,
            history.* exclude (edition, position),
            counted.position,
            counted.filed,
            counted.is_stated and case counted.measure
                when 'start'
                    then
                        {{ first_day('history.in_force.day', coarser('history.in_force.precision', 'counted.filed.precision')) }}
                        <> {{ first_day('counted.filed.day', coarser('history.in_force.precision', 'counted.filed.precision')) }}
                when 'duration'
                    then
                        abs(counted.filed.amount - history.in_force.amount)
                        > greatest({{ rounding_days('history.in_force.precision') }}, {{ rounding_days('counted.filed.precision') }})
                when 'end' then true
                else counted.filed.amount <> history.in_force.amount
            end as is_changed
        from history
        inner join counted
            on
                history.project_id = counted.project_id
                and history.measure = counted.measure
                and history.position + 1 = counted.position
                and counted.has_original
    )
),

settled as (
    select * exclude (position)
    from history
    where position > 0
    union all by name
    select
        edition,
        project_id,
        measure,
        filed as original,
        filed as before,
        filed as in_force,
        false as is_rebaseline,
        0 as rebaselines
    from counted
    where not has_original and filed.source is not null
)

select
    edition,
    project_id,
    measure,
    {%- for name in ['original', 'in_force', 'before'] %}
    {%- for field in ['amount', 'day', 'precision', 'source', 'text', 'cell', 'edition', 'submission_id', 'start_date', 'start_precision', 'stated_end_date', 'stated_end_precision'] %}
    {{ name }}.{{ field }} as {{ name }}_{{ field }},
    {%- endfor %}
    {%- endfor %}
    is_rebaseline,
    rebaselines
from settled
