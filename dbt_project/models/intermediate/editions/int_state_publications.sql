{{ config(materialized='table') }}
with publications as (
    select * from {{ ref('published_figures') }}
),

editions as (
    select edition from {{ ref('int_editions') }}
    where kind = 'projects'
),

-- Nothing is said of a day that had not come when the last file was received.
last_received as (
    select max(received_at) as received_at from {{ ref('int_submissions') }}
)

select publications.*
from publications
semi join editions using (edition)
inner join last_received on publications.published_on <= cast(last_received.received_at as date)
