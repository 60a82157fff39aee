select {{ published_columns() }}
from {{ ref('int_alert_ends') }}
