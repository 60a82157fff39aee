with publications as (
    select * from {{ ref('published_figures') }}
),

editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects'
)

select publications.*
from publications
semi join editions using (edition)
