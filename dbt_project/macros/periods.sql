{#- Dates known to a day, a month, a quarter or a semester. -#}

{% macro coarser(left_precision, right_precision) -%}
    {#- The coarser of two precisions; the other one where one is null. -#}
    (['day', 'month', 'quarter', 'semester'])[
        greatest(
            list_position(['day', 'month', 'quarter', 'semester'], {{ left_precision }}),
            list_position(['day', 'month', 'quarter', 'semester'], {{ right_precision }})
        )
    ]
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
