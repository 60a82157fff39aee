with filed as (
    {{ filed_rows('procedures') }}
)

select * exclude (perimeter_name, file_sha256)
from filed
