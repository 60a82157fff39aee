{#- What the rules of the slips share. -#}

{% macro severity_rank(severity) -%}
    {#- 1 to 3; null for anything but a severity. -#}
    list_position(['information', 'attention', 'critique'], {{ severity }})
{%- endmacro %}

{% macro is_over(row='') -%}
    {#- A project that is finished, given up, or that says why it leaves. -#}
    (coalesce({{ row }}phase in ('termine', 'abandonne'), false) or {{ row }}exit_reason is not null)
{%- endmacro %}

{% macro said_on(edition, received_at) -%}
    {#- The day on which what a submission says of an edition is held against the calendar: nothing is said of a day that had not come. -#}
    least({{ as_of(edition) }}, {{ day_in_paris(received_at) }})
{%- endmacro %}

{% macro least_days_of_a_delay() -%}
    {#- From how many days on, once the roundings of both ends are taken off, an end that moved by months is late. -#}
    75
{%- endmacro %}

{% macro most_semesters_counted() -%}
    {#- Thresholds in months are for six: between editions further apart they are multiplied, by so much at most. -#}
    2
{%- endmacro %}

{% macro points_to_rearm() -%}
    {#- How far below its level an overrun must have stood before the level can be crossed again. -#}
    5
{%- endmacro %}

{% macro same_cost(one, other) -%}
    {#- A cost is known to one per cent. -#}
    (abs({{ one }} - {{ other }}) * 100 <= {{ one }})
{%- endmacro %}

{% macro at_least(rule, severity, threshold) -%}
    {#- A threshold of the seed, for the rules that must know it before their candidates are rated. -#}
    (select at_least from {{ ref('alert_rules') }} where rule = '{{ rule }}' and severity = '{{ severity }}' and threshold = '{{ threshold }}')
{%- endmacro %}

{% macro phase_position(phase) -%}
    {#- The place of a phase among the five that follow each other; null outside of them (en_revision, abandonne, unknown). -#}
    nullif(list_position(['cadrage', 'conception_realisation', 'experimentation', 'deploiement', 'termine'], {{ phase }}), 0)
{%- endmacro %}

{% macro goes_back(from_phase, to_phase) -%}
    {#- The phase is earlier in the order than it was. -#}
    coalesce({{ phase_position(to_phase) }} < {{ phase_position(from_phase) }}, false)
{%- endmacro %}

{% macro apart(position, least) -%}
    {#- Of the positions of a group, in their order, those that are so far after the last one kept. -#}
    list_reduce(
        list([{{ position }}] order by {{ position }}),
        lambda kept, each: case when each[1] >= kept[-1] + {{ least }} then list_concat(kept, each) else kept end
    )
{%- endmacro %}
