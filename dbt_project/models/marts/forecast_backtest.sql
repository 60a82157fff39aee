{{ config(materialized='view') }}
select {{ published_columns() }}
from {{ ref('int_forecast_backtest') }}
