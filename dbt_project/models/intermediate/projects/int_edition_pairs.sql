{{ config(materialized='view') }}
-- An edition for which all had nothing to declare has no project, and is one to compare.
with editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects'
)

select
    later.edition,
    earlier.edition as from_edition
from editions as later
inner join editions as earlier on later.edition > earlier.edition
