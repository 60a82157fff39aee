select {{ published_columns() }}
from {{ ref('int_former_project_ids') }}
