select {{ published_columns() }}
from {{ ref('int_procedure_history') }}
