{#- Dates known to a day, a month, a quarter or a semester, and durations. -#}

{% macro days_in_a_year() -%} 365 {%- endmacro %}

{% macro in_years(days, digits=8) -%}
    {#- Days as years, exactly. -#}
    {{ exact_ratio(days, days_in_a_year(), scale=18, digits=digits) }}
{%- endmacro %}

{% macro tenth_year_slack_days() -%}
    {#- 0.1 year is 36.5 days: a duration known to that step is off by at most half of it. -#}
    18.25
{%- endmacro %}

{% macro coarser(left_precision, right_precision) -%}
    {#- The coarser of two precisions; the other one where one is null. -#}
    (['day', 'month', 'quarter', 'semester'])[
        greatest(
            list_position(['day', 'month', 'quarter', 'semester'], {{ left_precision }}),
            list_position(['day', 'month', 'quarter', 'semester'], {{ right_precision }})
        )
    ]
{%- endmacro %}

{% macro precision_of_a_sum(start_precision, duration_precision) -%}
    {#- How well a date is known that is a start plus a duration: 0.1 year is about a month. -#}
    {{ coarser(start_precision, "case when " ~ duration_precision ~ " = 'tenth_year' then 'month' else " ~ duration_precision ~ " end") }}
{%- endmacro %}

{% macro first_day(day, precision) -%}
    {#- The first day of the period that holds a date; the date itself where the precision is a day or unknown. -#}
    case {{ precision }}
        when 'month' then cast(date_trunc('month', {{ day }}) as date)
        when 'quarter' then cast(date_trunc('quarter', {{ day }}) as date)
        when 'semester' then make_date(year({{ day }}), case when month({{ day }}) <= 6 then 1 else 7 end, 1)
        else {{ day }}
    end
{%- endmacro %}

{% macro last_day_of(day, precision) -%}
    {#- The last day of the period that holds a date: what is due in June is late in July. -#}
    case {{ precision }}
        when 'month' then last_day({{ day }})
        when 'quarter' then last_day(make_date(year({{ day }}), 3 * quarter({{ day }}), 1))
        when 'semester' then make_date(year({{ day }}), case when month({{ day }}) <= 6 then 6 else 12 end, case when month({{ day }}) <= 6 then 30 else 31 end)
        else {{ day }}
    end
{%- endmacro %}

{% macro day_in_paris(at) -%}
    {#- The day of a time (UTC) where those who file live. -#}
    cast({{ at }} at time zone 'UTC' at time zone 'Europe/Paris' as date)
{%- endmacro %}

{% macro trajectory(prefix='', duration='current_duration') -%}
    {#- The columns that say when a project ends: its start and its duration, or the end that it states in the place of one. -#}
    {{ return({
        'start': prefix ~ 'start_date',
        'start_precision': prefix ~ 'start_precision',
        'duration_days': prefix ~ duration ~ '_days',
        'duration_precision': prefix ~ duration ~ '_precision',
        'stated_end': prefix ~ 'stated_end_date',
        'stated_end_precision': prefix ~ 'stated_end_precision',
    }) }}
{%- endmacro %}

{% macro last_planned_end(of) -%}
    {#- The last day that the end of a trajectory may be: an end known to a month has not passed before the month has, and 0.1 year may be rounded down. -#}
    coalesce(
        {{ last_day_of(of.stated_end, of.stated_end_precision) }},
        {{ last_day_of(of.start, of.start_precision) }} + cast(
            round(
                {{ of.duration_days }}
                + {{ tenth_year_slack_days() }} * ({{ of.duration_precision }} is not distinct from 'tenth_year')::integer
            ) as integer
        )
    )
{%- endmacro %}

{% macro planned_end_precision(of) -%}
    {#- How well the end of a trajectory is known. -#}
    case
        when {{ of.stated_end }} is not null then {{ of.stated_end_precision }}
        else {{ precision_of_a_sum(of.start_precision, of.duration_precision) }}
    end
{%- endmacro %}

{% macro compared_ends(relation, name, this, other) -%}
    {#- The relation, with both planned ends as far as they can be compared, how far their calendar is known, and by how many days the other is later, 0 within what is known. -#}
    {#- Starts and stated ends are brought to the coarser precision of both, so that one that only lost its day has not moved; 0.1 year is counted in days. -#}
    {#- Step by step: DuckDB writes an alias of the same select out wherever it is used, and what comes of that takes seconds to plan. -#}
    (
        select
            *,
            case
                when {{ first_day(name ~ '_from_end', name ~ '_known') }} = {{ first_day(name ~ '_to_end', name ~ '_known') }} then 0
                when abs({{ name }}_to_end - {{ name }}_from_end) <= {{ name }}_rounding_days then 0
                else {{ name }}_to_end - {{ name }}_from_end
            end as {{ name }}_change_days
        from (
            select
                *,
                {%- for side in ['from', 'to'] %}
                {{ first_day(name ~ '_' ~ side ~ '_day', name ~ '_stated_known') }} as {{ name }}_{{ side }}_end,
                {%- endfor %}
                {{ coarser(name ~ '_from_known', name ~ '_to_known') }} as {{ name }}_known
            from (
                select
                    *,
                    {%- for side, of in [('from', this), ('to', other)] %}
                    coalesce({{ of.stated_end }}, {{ first_day(of.start, name ~ '_start_known') }} + cast(round({{ of.duration_days }}) as integer)) as {{ name }}_{{ side }}_day,
                    case
                        when {{ of.stated_end }} is not null then {{ of.stated_end_precision }}
                        else {{ coarser(of.start_precision, "nullif(" ~ of.duration_precision ~ ", 'tenth_year')") }}
                    end as {{ name }}_{{ side }}_known,
                    {%- endfor %}
                    {{ tenth_year_slack_days() }} * (
                        ({{ this.duration_precision }} is not distinct from 'tenth_year')::integer
                        + ({{ other.duration_precision }} is not distinct from 'tenth_year')::integer
                    ) as {{ name }}_rounding_days
                from (
                    select
                        *,
                        {{ coarser(this.start_precision, other.start_precision) }} as {{ name }}_start_known,
                        {{ coarser(this.stated_end_precision, other.stated_end_precision) }} as {{ name }}_stated_known
                    from {{ relation }}
                )
            )
        )
    )
{%- endmacro %}

{% macro as_of(edition) -%}
    {#- The day whose state an edition describes (docs/rules.md §1). -#}
    make_date(
        cast(left({{ edition }}, 4) as integer),
        case right({{ edition }}, 1) when '1' then 6 else 12 end,
        case right({{ edition }}, 1) when '1' then 30 else 31 end
    )
{%- endmacro %}

{% macro rounding_days(precision) -%}
    {#- The days by which two durations may differ and still say the same, when one is known to that precision only: half of a step where values are rounded, less than a period where they are its first day. -#}
    case {{ precision }} when 'tenth_year' then {{ tenth_year_slack_days() }} when 'month' then 27 when 'quarter' then 89 when 'semester' then 180 else 0.5 end
{%- endmacro %}

{% macro semester_before(edition) -%}
    {#- The edition of the semester before, whether or not anything was filed for it. -#}
    case right({{ edition }}, 1)
        when '2' then left({{ edition }}, 4) || '-S1'
        else cast(cast(left({{ edition }}, 4) as integer) - 1 as varchar) || '-S2'
    end
{%- endmacro %}

{% macro semesters_between(earlier, later) -%}
    {#- How many semesters an edition is after another. -#}
    cast(2 * (cast(left({{ later }}, 4) as integer) - cast(left({{ earlier }}, 4) as integer))
        + cast(right({{ later }}, 1) as integer) - cast(right({{ earlier }}, 1) as integer) as integer)
{%- endmacro %}

{% macro months_between(earlier, later) -%}
    {#- Months as a reader counts who is shown months: the difference of the two month numbers. -#}
    cast(date_diff('month', {{ earlier }}, {{ later }}) as integer)
{%- endmacro %}
