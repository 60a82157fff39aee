{#- Two times are kept: an edition says which state of the world a row is about, received_at and superseded_at when it was what we knew. -#}

{% macro rows_as_of(relation, at) -%}
    {#- The rows of a relation with both times that were in force at an instant (UTC). What replaced them at that very instant is in force already. -#}
    (
        select known.*
        from {{ relation }} as known
        where known.received_at <= {{ at }} and coalesce(known.superseded_at > {{ at }}, true)
    )
{%- endmacro %}
