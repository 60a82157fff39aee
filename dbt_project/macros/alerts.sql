{#- What the models of alerts share. -#}

{% macro alert_key(rule='rule', subject='subject', edition='edition', level='level') -%}
    {#- The same at every run. -#}
    concat_ws(':', {{ rule }}, {{ subject }}, coalesce({{ edition }}, '-'), {{ level }})
{%- endmacro %}

{% macro level_of_slip(slip='') -%}
    {#- What an alert of a slip is told apart by: the percentage that it crossed, else its measure. -#}
    coalesce(cast({{ slip }}level as varchar), {{ slip }}measure)
{%- endmacro %}
