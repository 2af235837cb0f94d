-- New persons change nobody's id, and so do records that come or go without taking anybody along.
SELECT person_id, index_version, row_number() OVER (PARTITION BY index_version, person_id ORDER BY change, cause, other_person_id) AS number, change, other_person_id AS other_research_id, cause, n_records
FROM person_change
WHERE change IN ('merged', 'split', 'retired') OR (change IN ('gained_record', 'lost_record') AND other_person_id IS NOT NULL)
