{{ config(materialized='view') }}
select {{ published_columns() }}
from {{ ref('int_ends_ahead') }}
