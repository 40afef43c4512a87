-- The output as Parquet, by DuckDB (https://duckdb.org; no part of leadstream), run in the output folder:
--
--     cd var/mine/out && (umask 077; duckdb < ../../../examples/parquet.sql)
--
-- Reads a stream's closed segments and its open file, beside a running engine too: ignore_errors passes over a last line that
-- is still being written. An event_id counts once: after a crash a line may come back.
COPY (
    SELECT * FROM read_json('dispatches*.jsonl', format = 'newline_delimited', union_by_name = true, ignore_errors = true)
    QUALIFY row_number() OVER (PARTITION BY event_id) = 1
) TO 'dispatches.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT * FROM read_json('dispositions*.jsonl', format = 'newline_delimited', union_by_name = true, ignore_errors = true)
    QUALIFY row_number() OVER (PARTITION BY event_id) = 1
) TO 'dispositions.parquet' (FORMAT parquet, COMPRESSION zstd);

-- The marks in force: without those that a later one corrects, and without channels on trial. The columns are named, since a
-- file in which nothing was corrected has no `corrects`.
WITH marks AS (
    SELECT DISTINCT * FROM read_json('dispositions*.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
        event_id: 'VARCHAR', corrects: 'VARCHAR', channel: 'VARCHAR', mark: 'VARCHAR', shadow: 'BOOLEAN'})
)
SELECT mark, count(*) AS raw_leads FROM marks
WHERE event_id NOT IN (SELECT corrects FROM marks WHERE corrects IS NOT NULL) AND shadow IS NOT TRUE
GROUP BY mark ORDER BY mark;
