{#- A new rule is a model of its own and a name in this list. Watermelons and creeps come after these: they are read from how grave these are. -#}
{%- set rules = [
    'budget',
    'schedule',
    'reduced',
    'phase_back',
    'over',
    'entered',
    'overruns',
    'rebaselined',
    'overdue',
    'stagnant',
    'went_silent',
    'figure_withdrawn',
    'procedure_regressed',
    'indicator_off_track',
    'action_overdue',
] -%}

{%- for rule in rules %}
select * from {{ ref('int_slips__' ~ rule) }}
{%- if not loop.last %}
union all by name
{%- endif %}
{%- endfor %}
