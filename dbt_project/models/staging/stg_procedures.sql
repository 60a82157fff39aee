select * exclude (perimeter_name, cell_columns)
from {{ source('lake', 'procedures') }}
