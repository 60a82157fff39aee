select {{ published_columns() }}
from {{ ref('int_alias_proposals') }}
