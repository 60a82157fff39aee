select {{ published_columns() }}
from {{ ref('int_sources') }}
