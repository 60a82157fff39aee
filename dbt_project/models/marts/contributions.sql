select {{ published_columns() }}
from {{ ref('int_contributions') }}
where contribution <> 0 or rebaselining <> 0
