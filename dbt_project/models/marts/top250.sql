{{ config(materialized='view') }}
select {{ published_columns() }}
from {{ ref('int_procedures') }}
where is_in_top250
