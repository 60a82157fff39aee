{% macro filed_rows(kind) -%}
    {#- The rows of the lake that the ledger knows: bound to a drop by what was filed, for whom and from which bytes, never by its number alone. -#}
    select filed.*
    from {{ source('lake', kind) }} as filed
    semi join {{ source('ledger', 'drops') }} as drops
        on
            filed.drop_id = drops.drop_id
            and filed.file_sha256 = drops.sha256
            and filed.edition = drops.edition
            and filed.perimeter = drops.perimeter
            and drops.kind = '{{ kind }}'
            and drops.status in ('accepted', 'accepted_with_warnings')
{%- endmacro %}
