{{ config(materialized='table') }}
with portfolio as (
    select * from {{ ref('int_portfolio') }}
),

phases as (
    select phase, is_in_variance_population from {{ ref('phases') }}
),

slips as (
    select * from {{ ref('int_slips_rated') }}
    where kind = 'projects'
),

rules as (
    select
        *,
        list_position(['vert', 'orange', 'rouge'], confidence) as confidence_rank
    from {{ ref('confidence_rules') }}
),

slipping as (
    select
        edition,
        subject as project_id,
        max({{ severity_rank('severity') }}) filter (where rule in ('budget_slip', 'schedule_slip')) as slip_severity_rank,
        max(slip_months) filter (where rule = 'overdue') as months_overdue
    from slips
    group by edition, subject
),

observed as (
    select
        portfolio.*,
        slipping.slip_severity_rank,
        slipping.months_overdue,
        -- Nothing is left to be confident about.
        {{ is_over('portfolio.') }} as is_over,
        case
            when coalesce(phases.is_in_variance_population, true)
                then (portfolio.current_cost_meur is null)::integer + (portfolio.planned_end_date is null)::integer
            else 0
        end as missing_figures
    from portfolio
    left join slipping using (edition, project_id)
    left join phases using (phase)
),

measured as (
    {%- for reason, value in [
        ('budget_variance', '100 * budget_variance_rate'),
        ('schedule_variance', '100 * schedule_variance_rate'),
        ('slip', 'slip_severity_rank'),
        ('overdue', 'months_overdue'),
        ('missing_figures', 'missing_figures'),
        ('rebaselines', 'rebaselines'),
    ] %}
    select
        edition,
        project_id,
        '{{ reason }}' as reason,
        cast({{ value }} as decimal(38, 12)) as value
    from observed
    where not is_over
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

reasons as (
    select
        measured.edition,
        measured.project_id,
        measured.reason,
        max(rules.confidence_rank) as confidence_rank
    from measured
    inner join rules on measured.reason = rules.reason and measured.value >= rules.at_least
    group by measured.edition, measured.project_id, measured.reason
    -- A lower rank does not explain the colour.
    qualify max(rules.confidence_rank) = max(max(rules.confidence_rank)) over (partition by measured.edition, measured.project_id)
),

computed as (
    select
        edition,
        project_id,
        max(confidence_rank) as confidence_rank,
        string_agg(reason, ', ' order by reason) as reasons
    from reasons
    group by edition, project_id
),

judged as (
    select
        observed.*,
        case when not observed.is_over then (['vert', 'orange', 'rouge'])[coalesce(computed.confidence_rank, 1)] end as computed_confidence,
        computed.reasons
    from observed
    left join computed using (edition, project_id)
)

select
    edition,
    project_id,
    name,
    perimeter,
    declared_confidence,
    computed_confidence,
    reasons,
    coalesce(declared_confidence = 'vert' and computed_confidence = 'rouge', false) as is_watermelon,
    {{ percent('budget_variance_rate') }} as budget_variance_pct,
    {{ percent('schedule_variance_rate') }} as schedule_variance_pct,
    (['information', 'attention', 'critique'])[slip_severity_rank] as slip_severity,
    months_overdue,
    missing_figures,
    rebaselines,
    submission_id
from judged
