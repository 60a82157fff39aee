select {{ published_columns() }}
from {{ ref('published_figures') }}
