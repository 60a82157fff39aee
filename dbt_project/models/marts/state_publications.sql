select {{ published_columns() }}
from {{ ref('int_state_publications') }}
