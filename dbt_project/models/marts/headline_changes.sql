select {{ published_columns() }}
from {{ ref('int_headline_changes') }}
