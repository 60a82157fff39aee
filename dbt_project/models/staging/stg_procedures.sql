select * exclude (perimeter_name)
from {{ source('lake', 'procedures') }}
