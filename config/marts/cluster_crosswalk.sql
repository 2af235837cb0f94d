-- One row a program and year.
SELECT program_code, reporting_year AS year, cip_code, cluster16, cluster16_from, cluster14, cluster14_from,
       greatest(primaries16, primaries14) AS primary_clusters
FROM program_cluster
