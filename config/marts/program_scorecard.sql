-- One row a program and year: how far learners come in it, what becomes of them, what the labour market asks for, and what it is held against.
WITH years AS (
    SELECT year, level, conc_rate_rule, conc_rate_version, comp_rate_rule, comp_rate_version FROM program_results WHERE grouping_set = 'total'
),
results AS (
    SELECT year, level, program_code, participants, concentrators, completers, credential_earners
    FROM program_results
    WHERE grouping_set = 'program_code'
),
placed AS (
    SELECT year, level, program_code, indicator, numerator, denominator, covered_denominator, pending
    FROM indicator
    WHERE grouping_set = 'program_code' AND indicator IN ('3S1', '1P1')
),
placed_of_all AS (
    SELECT year, level, rate_rule, rate_version FROM indicator WHERE grouping_set = 'total' AND indicator IN ('3S1', '1P1')
),
offered AS (
    SELECT reporting_year AS year, program_code, count(*) AS schools_offering, sum(CASE WHEN has_sequence THEN 1 ELSE 0 END) AS schools_with_sequence,
           max(courses) AS courses_offered, max(sequence_courses) AS sequence_courses
    FROM program_offering
    GROUP BY reporting_year, program_code
),
offering_years AS (
    SELECT DISTINCT reporting_year AS year FROM program_offering
),
supply AS (
    SELECT year, cip_code, completers FROM program_supply WHERE grouping_set = 'cip_code'
),
delivered AS (
    SELECT year FROM program_supply WHERE grouping_set = 'level' GROUP BY year HAVING count(*) = 2
),
cips AS (
    SELECT code, current_code FROM code_vintage WHERE scheme = 'cip' AND year = 0 AND current_code IS NOT NULL
),
demand AS (
    SELECT cip_code, openings, openings_high_wage, openings_in_demand, median_wage, occupations + occupations_missing AS known, shortage_below, surplus_above
    FROM program_demand
    WHERE kind = 'cip_code' AND area = '_total'
),
beside AS (
    SELECT y.year, p.org_level AS level, p.program_code, p.title, p.cip_code, k.cluster16 AS career_cluster,
           COALESCE(r.participants, 0) AS participants, b.participants AS participants_before, COALESCE(r.concentrators, 0) AS concentrators,
           COALESCE(r.completers, 0) AS completers, CASE WHEN p.org_level = 'secondary' THEN COALESCE(r.credential_earners, 0) END AS credential_earners,
           CASE p.org_level WHEN 'secondary' THEN '3S1' ELSE '1P1' END AS placement_indicator, COALESCE(l.numerator, 0) AS placed,
           COALESCE(l.denominator, 0) AS leavers, COALESCE(l.covered_denominator, 0) AS leavers_observable, COALESCE(l.pending, 0) AS leavers_pending,
           a.rate_rule AS placed_rule, a.rate_version AS placed_version, y.conc_rate_rule, y.conc_rate_version, y.comp_rate_rule, y.comp_rate_version,
           CASE WHEN w.year IS NOT NULL AND p.org_level = 'secondary' THEN COALESCE(o.schools_offering, 0) END AS schools_offering,
           CASE WHEN w.year IS NOT NULL AND p.org_level = 'secondary' THEN COALESCE(o.courses_offered, 0) END AS courses_offered,
           CASE WHEN w.year IS NOT NULL AND p.org_level = 'secondary' THEN COALESCE(o.schools_with_sequence, 0) END AS schools_with_sequence,
           d.openings, d.openings_high_wage, d.openings_in_demand, d.median_wage,
           CASE WHEN v.year IS NOT NULL THEN COALESCE(s.completers, 0) END AS field_completers,
           CASE WHEN v.year IS NULL OR d.openings IS NULL THEN NULL
                WHEN COALESCE(s.completers, 0) * 100 < d.openings * d.shortage_below THEN 'shortage'
                WHEN COALESCE(s.completers, 0) * 100 > d.openings * d.surplus_above THEN 'surplus'
                ELSE 'balance' END AS supply_class,
           t.min_learners, t.min_participants, t.min_concentration, t.min_completion, t.min_credential_earners, t.min_placement, t.accept_surplus,
           t.rule_id AS standards_rule, t.rule_version AS standards_rule_version
    FROM programs AS p
    JOIN years AS y ON y.level = p.org_level
    LEFT JOIN program_cluster AS k ON k.program_code = p.program_code AND k.reporting_year = y.year
    LEFT JOIN results AS r ON r.program_code = p.program_code AND r.level = p.org_level AND r.year = y.year
    LEFT JOIN results AS b ON b.program_code = p.program_code AND b.level = p.org_level AND b.year = y.year - 1
    LEFT JOIN placed AS l ON l.program_code = p.program_code AND l.level = p.org_level AND l.year = y.year
                         AND l.indicator = CASE p.org_level WHEN 'secondary' THEN '3S1' ELSE '1P1' END
    LEFT JOIN placed_of_all AS a ON a.level = p.org_level AND a.year = y.year
    LEFT JOIN offered AS o ON o.program_code = p.program_code AND o.year = y.year
    LEFT JOIN offering_years AS w ON w.year = y.year
    -- Supply and demand stand under the field's code of now.
    LEFT JOIN cips AS f ON f.code = p.cip_code
    LEFT JOIN supply AS s ON s.cip_code = COALESCE(f.current_code, p.cip_code) AND s.year = y.year
    LEFT JOIN delivered AS v ON v.year = y.year
    LEFT JOIN demand AS d ON d.cip_code = COALESCE(f.current_code, p.cip_code)
    LEFT JOIN program_standards AS t ON t.reporting_year = y.year
),
judged AS (
    -- Empty where nothing can be said: too few learners, no data, or a question that colleges are not asked.
    SELECT b.*,
           participants >= min_participants AS size_met,
           CASE WHEN participants >= min_learners THEN concentrators * 100 >= participants * min_concentration END AS concentration_met,
           CASE WHEN concentrators >= min_learners THEN completers * 100 >= concentrators * min_completion END AS completion_met,
           CASE WHEN participants >= min_learners THEN credential_earners >= min_credential_earners END AS credential_met,
           CASE WHEN leavers >= min_learners AND leavers_pending = 0 THEN placed * 100 >= leavers * min_placement END AS placement_met,
           schools_with_sequence > 0 AS sequence_met,
           CASE WHEN supply_class = 'surplus' THEN accept_surplus WHEN supply_class IS NOT NULL THEN TRUE END AS demand_met
    FROM beside AS b
)
SELECT year, level, program_code, title, cip_code, career_cluster, participants, participants_before, participants - participants_before AS participants_change,
       concentrators, completers, conc_rate_rule, conc_rate_version, comp_rate_rule, comp_rate_version,
       credential_earners, placement_indicator, placed, leavers, leavers_observable, leavers_pending, placed_rule, placed_version, schools_offering, courses_offered, schools_with_sequence,
       openings, openings_high_wage, openings_in_demand, median_wage, field_completers, supply_class,
       size_met, concentration_met, completion_met, credential_met, placement_met, sequence_met, demand_met,
       CASE WHEN size_met IS NULL THEN 0 ELSE 1 END + CASE WHEN concentration_met IS NULL THEN 0 ELSE 1 END
         + CASE WHEN completion_met IS NULL THEN 0 ELSE 1 END + CASE WHEN credential_met IS NULL THEN 0 ELSE 1 END
         + CASE WHEN placement_met IS NULL THEN 0 ELSE 1 END + CASE WHEN sequence_met IS NULL THEN 0 ELSE 1 END
         + CASE WHEN demand_met IS NULL THEN 0 ELSE 1 END AS standards_judged,
       CASE WHEN size_met THEN 1 ELSE 0 END + CASE WHEN concentration_met THEN 1 ELSE 0 END + CASE WHEN completion_met THEN 1 ELSE 0 END
         + CASE WHEN credential_met THEN 1 ELSE 0 END + CASE WHEN placement_met THEN 1 ELSE 0 END + CASE WHEN sequence_met THEN 1 ELSE 0 END
         + CASE WHEN demand_met THEN 1 ELSE 0 END AS standards_met,
       standards_rule, standards_rule_version
FROM judged
