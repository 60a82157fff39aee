{#- What a forecast and its back-test must read alike. -#}

{% macro forecast_model_version() -%}
    {#- Changes with any rule of the forecasts. -#}
    '1.0.0'
{%- endmacro %}

{% macro least_changes_of_a_class() -%} 30 {%- endmacro %}

{% macro least_changes_of_a_p80() -%} 10 {%- endmacro %}

{% macro cost_factor(earlier, later) -%}
    {#- Later cost over earlier cost; null where no factor under a million says it. -#}
    case when {{ earlier }} > 0 then try_cast({{ exact_ratio(later, earlier) }} as decimal(18, 12)) end
{%- endmacro %}

{% macro months_later(earlier, later) -%}
    {#- Whole calendar months, toward zero: a start that lost its day or a duration rounded to 0.1 year moves no end. -#}
    date_sub('month', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro can_be_seen_to_slip(earlier, later) -%}
    {#- The cost or the end is known on both sides: else there is nothing to see slip. -#}
    (
        ({{ earlier }}.current_cost_meur is not null and {{ later }}.current_cost_meur is not null)
        or ({{ earlier }}.planned_end_date is not null and {{ later }}.planned_end_date is not null)
    )
{%- endmacro %}

{% macro slipped_projects(slips) -%}
    {#- One row per edition and project that slipped since the previous edition, in cost or in time. -#}
    select distinct
        edition,
        project_id,
        true as has_slipped
    from {{ slips }}
    where rule in ('budget_slip', 'schedule_slip')
{%- endmacro %}

{% macro squared_error(probability, outcome) -%}
    {#- The Brier score of one forecast, as DECIMAL(14, 12); null without a probability. -#}
    (({{ probability }} - cast({{ outcome }} as decimal(7, 6))) * ({{ probability }} - cast({{ outcome }} as decimal(7, 6))))
{%- endmacro %}
