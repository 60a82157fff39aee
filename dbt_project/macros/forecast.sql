{#- What a forecast and its back-test must read alike. -#}

{% macro forecast_model_version() -%}
    {#- Changes with any rule of the forecasts. -#}
    '2.0.0'
{%- endmacro %}

{% macro least_changes_of_a_forecast() -%} 10 {%- endmacro %}

{% macro rank_of_a_p80(n) -%}
    {#- Of n ascending values, the one that four fifths of new ones are under: a standard error over 0.8 (n + 1), since few values know their own quantile badly. -#}
    least({{ n }}, cast(ceil(0.8 * ({{ n }} + 1) + 0.4 * sqrt({{ n }})) as integer))
{%- endmacro %}

{% macro semester_number(edition) -%}
    {#- Counts semesters, so that two editions can be subtracted. -#}
    (2 * cast(left({{ edition }}, 4) as integer) + cast(right({{ edition }}, 1) as integer))
{%- endmacro %}

{% macro end_still_ahead() -%}
    {#- What still runs at the edition's date ends after it, whatever was planned. -#}
    case when planned_end_date is not null then greatest(planned_end_date, {{ as_of('edition') }} + 1) end
{%- endmacro %}

{% macro change_ahead(quantile) -%}
    {#- The change of a trial by the rates of its edition: an end moves by whole months, rounded up, and stays ahead; a cost is never under 0. -#}
    {%- set change = 'trials.semesters * rates.' ~ quantile ~ ' + rates.' ~ quantile ~ '_margin' -%}
    case
        when rates.n is not null
            then greatest(
                case trials.measure when 'end' then cast(ceil({{ change }}) as decimal(24, 12)) else cast({{ change }} as decimal(24, 12)) end,
                trials.least_change
            )
    end
{%- endmacro %}

{% macro probability_over(hazard, semesters) -%}
    {#- 1 - (1 - hazard) ^ semesters, on exact decimals. -#}
    (
        1 - list_reduce(
            repeat([cast(1 - {{ hazard }} as decimal(7, 6))], {{ semesters }}),
            lambda kept, each: cast(round(kept * each, 6) as decimal(7, 6))
        )
    )
{%- endmacro %}
