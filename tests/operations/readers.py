"""Who reads the CDM while it is published: a process that looks all the time, and an analyst with objects of her own."""

COUNTED = ("person", "visit_occurrence", "measurement", "observation", "cost", "drug_era", "location")
# Reads table by table in one transaction, again and again, and says what it saw; the end of its input ends it.
READER = f"""
import json, select, sys
engine, tables = sys.argv[1], {COUNTED!r}
if engine == "duckdb":
    import duckdb
    kept = duckdb.connect(sys.argv[2], read_only=True)
    # Another process has the file open all the time; this one opens it anew each time, in a child of its own.
    import subprocess
    one = ("import duckdb, json, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
           "print(json.dumps([c.execute('select count(*) from omop.' + t).fetchall()[0][0] for t in sys.argv[2:]]))")
    def look():
        return json.loads(subprocess.run([sys.executable, "-c", one, sys.argv[2], *tables], check=True,
                                         capture_output=True, text=True).stdout)
else:
    import psycopg2
    connection = psycopg2.connect(sys.argv[2])
    def look():
        with connection, connection.cursor() as cursor:
            seen = []
            for table in tables:
                cursor.execute("select count(*) from omop." + table)
                seen.append(cursor.fetchall()[0][0])
            return seen
print("reading", flush=True)
while not select.select([sys.stdin], [], [], 0.01)[0]:
    print(json.dumps(look()), flush=True)
if engine == "duckdb":
    print(json.dumps(["kept", *(kept.execute("select count(*) from omop." + t).fetchall()[0][0] for t in tables)]))
"""
ANALYST = """
    create role {analyst} login;
    grant usage on schema omop, quality to {analyst};
    grant select on all tables in schema omop to {analyst};
    grant select (check_name) on quality.dqd_results to {analyst} with grant option;
    alter default privileges in schema omop grant select on tables to {analyst};
    create schema study;
    grant usage on schema study to {analyst};
    create view study.adults as select person_id from omop.person where year_of_birth < 2000;
    create table omop.shortlist as select person_id from omop.person;
    create view omop.shortlisted as select person.year_of_birth from omop.shortlist inner join omop.person using (person_id);
    create table study.cohort (person_id bigint references omop.person on delete cascade);
    grant select on all tables in schema study to {analyst};
    insert into omop.note (note_id, person_id, note_date, note_type_concept_id, note_class_concept_id, note_text,
        encoding_concept_id, language_concept_id)
    select 1, min(person_id), date '2026-01-01', 0, 0, 'of an analyst', 0, 0 from omop.person
"""
