{#- What a procedure may lose -> how its values are shown, and their unit. -#}
{%- set measures = {
    'online': ('null', 'null'),
    'authentication': ('null', 'null'),
    'satisfaction': ('value', "'score'"),
    'accessibility': ('100 * value', "'pct'"),
} -%}

-- As of a project, the latest edition for which its perimeter filed: the sentence says « depuis » that one.
with filings as (
    select edition, perimeter, previous_edition from {{ ref('int_previous_filings') }}
    where kind = 'procedures'
),

levels as (
    select
        *,
        cast(case indicator
            {%- for measure, (value, unit) in measures.items() %}
            when '{{ measure }}' then {{ value }}
            {%- endfor %}
        end as decimal(20, 8)) as shown_value,
        case indicator
            {%- for measure, (value, unit) in measures.items() %}
            when '{{ measure }}' then {{ unit }}
            {%- endfor %}
        end as unit
    from {{ ref('int_procedure_levels') }}
    where indicator in ('{{ measures | join("', '") }}')
),

-- A level read from a value is said by its own row, one read from a code by the code's.
words as (
    select * from {{ ref('procedure_levels') }}
)

select
    now.edition,
    'procedure_regressed' as rule,
    'procedures' as kind,
    now.procedure_id as subject,
    coalesce(now.name, now.procedure_id) as name,
    now.perimeter,
    now.indicator as measure,
    now.unit,
    before.shown_value as from_value,
    now.shown_value as to_value,
    now.shown_value - before.shown_value as delta,
    before.level - now.level as extent,
    {%- for side, row in [('from', 'before'), ('to', 'now')] %}
    (
        select min(words.words)
        from words
        where
            words.indicator = {{ row }}.indicator
            and words.level = {{ row }}.level
            and (words.comparison = 'is') = ({{ row }}.shown_value is null)
            and coalesce(words.code = {{ row }}.code, true)
    ) as {{ side }}_text,
    {{ row }}.submission_id as {{ side }}_submission_id{{ ',' if not loop.last }}
    {%- endfor %}
from levels as now
inner join filings using (edition, perimeter)
inner join levels as before
    on
        filings.previous_edition = before.edition
        and now.procedure_id = before.procedure_id
        and now.indicator = before.indicator
where now.level < before.level
