{#- Exact arithmetic on decimals: DuckDB's own division gives a DOUBLE, and a published figure must not depend on binary rounding. -#}

{% macro unscaled(expression, scale) -%}
    {#- The decimal as a whole number of 10^-scale. -#}
    cast(replace(cast(cast({{ expression }} as decimal(38, {{ scale }})) as varchar), '.', '') as hugeint)
{%- endmacro %}

{% macro exact_ratio(numerator, denominator, scale=8, digits=12) -%}
    {#- numerator / denominator as DECIMAL(38, digits), half away from zero; null when either is null, the denominator is 0, or no such decimal holds it. -#}
    {%- set n = unscaled(numerator, scale) -%}
    {%- set d = unscaled(denominator, scale) -%}
    {%- set unit = '0.' ~ '0' * (digits - 1) ~ '1' -%}
    cast(
        try_cast(sign({{ n }}) * sign({{ d }}) * ((2 * abs({{ n }}) * {{ 10 ** digits }} + abs({{ d }})) // (2 * abs({{ d }}))) as decimal({{ 38 - digits }}, 0))
        * cast({{ unit }} as decimal({{ digits }}, {{ digits }}))
        as decimal(38, {{ digits }})
    )
{%- endmacro %}

{% macro percent(ratio) -%}
    {#- A ratio as percent points with one decimal, half away from zero. -#}
    try_cast(round({{ ratio }} * 100, 1) as decimal(12, 1))
{%- endmacro %}
