"""What goes over from the schemas that readers see to those that take their place: grants, whatever was not built anew, and
views of others, which from then on read the new tables.
"""

from collections.abc import Sequence

import psycopg2

from loader.databases.base import Database, literal, quoted

# What readers read, and so what nobody may be in the middle of when it is replaced.
READ = ("omop", "quality")
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table", "S": "sequence"}
_DEFAULTS_ON = {"r": "tables", "S": "sequences", "f": "functions", "T": "types"}
# Sequences of a column go with its table. What dbt had in hand when it was killed is nobody's.
_RELATIONS = """
    select class.oid, space.nspname, class.relname, cast(class.relkind as text) as kind, class.relowner
    from pg_catalog.pg_class as class
    inner join pg_catalog.pg_namespace as space on class.relnamespace = space.oid
    where class.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not class.relispartition
        and class.relname !~ '__dbt_(tmp|backup)' and not exists (
            select 1 from pg_catalog.pg_depend as part
            where part.classid = cast('pg_class' as regclass) and part.objid = class.oid and part.deptype in ('a', 'i')
                and class.relkind = 'S'
        )
"""
_WITH_GRANT = "case when acl.is_grantable then ' with grant option' else '' end"
_GRANTEE = "case acl.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(acl.grantee)) end"


def strangers(database: Database, schemas: Sequence[str]) -> list[str]:
    """Why this role cannot swap the schemas, in sentences; none when it can."""
    texts = [
        f"Schema {schema} belongs to {owner}: alter schema {quoted(schema)} owner to ..."
        for schema, owner in database.query(
            "select nspname, pg_get_userbyid(nspowner) from pg_namespace where nspname in ?"
            " and not pg_has_role(nspowner, 'usage')",
            (tuple(schemas),),
        )
    ]
    if not database.query("select has_database_privilege(current_database(), 'create')")[0][0]:
        texts.append("It may not make schemas: grant create on database ... to it.")
    texts += [
        f"{schema}.{name} belongs to {owner}: move it into a schema of its own."
        for schema, name, owner in database.query(
            f"select nspname, relname, pg_get_userbyid(relowner) from ({_RELATIONS}) as relation"
            " where nspname in ? and not pg_has_role(relowner, 'usage') order by 1, 2 limit 5",
            (tuple(schemas),),
        )
    ]
    return texts + [
        f"{schema}.{name} has row-level security, which would be lost: give readers a view instead."
        for schema, name in database.query(
            "select nspname, relname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid"
            " where nspname in ? and relrowsecurity order by 1, 2 limit 5",
            (tuple(schemas),),
        )
    ]


def carry_default_grants(database: Database, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Default privileges of the schemas, before a table is made in the new ones; what could not be carried over."""
    texts = []
    for old, new in pairs:
        for role, is_ours, kind, grant in database.query(
            f"""select pg_get_userbyid(defaults.defaclrole), pg_has_role(defaults.defaclrole, 'usage'),
                cast(defaults.defaclobjtype as text),
                'grant ' || acl.privilege_type || ' on %s to ' || {_GRANTEE} || {_WITH_GRANT}
            from pg_catalog.pg_default_acl as defaults
            inner join pg_catalog.pg_namespace as space on defaults.defaclnamespace = space.oid
            cross join lateral aclexplode(defaults.defaclacl) as acl
            where space.nspname = ? and acl.grantee <> defaults.defaclrole""",
            (old,),
        ):
            if not is_ours:
                texts.append(f"Default privileges of role {role} in schema {old} are lost: only {role} can set them.")
                continue
            database.execute(
                f"alter default privileges for role {quoted(role)} in schema {quoted(new)} "
                + grant.replace("%s", _DEFAULTS_ON[kind])
            )
    return texts


class Carried:
    """Pairs of schemas, the one that readers see and the one that was built, and what goes over."""

    def __init__(self, database: Database, pairs: Sequence[tuple[str, str]]) -> None:
        there = {name for (name,) in database.query("select nspname from pg_namespace")}
        self._database = database
        self._new = [pair for pair in pairs if pair[1] in there]
        self._pairs = [pair for pair in self._new if pair[0] in there]

    def carry_grants(self) -> None:
        """Of the schemas, of the tables that were built anew, and of their columns."""
        for old, new in self._pairs:
            grants = self._database.query(
                f"""select 'grant ' || acl.privilege_type || ' on schema ' || quote_ident(?) || ' to ' || {_GRANTEE}
                    || {_WITH_GRANT}
                from pg_catalog.pg_namespace as space cross join lateral aclexplode(space.nspacl) as acl
                where space.nspname = ? and acl.grantee <> space.nspowner
                union all
                select 'grant ' || acl.privilege_type || ' on ' || quote_ident(?) || '.' || quote_ident(relation.relname)
                    || ' to ' || {_GRANTEE} || {_WITH_GRANT}
                from ({_RELATIONS}) as relation
                inner join pg_catalog.pg_class as class on relation.oid = class.oid
                inner join pg_catalog.pg_class as twin
                    on relation.relname = twin.relname and twin.relnamespace = cast(quote_ident(?) as regnamespace)
                cross join lateral aclexplode(class.relacl) as acl
                where relation.nspname = ? and acl.grantee <> class.relowner
                union all
                select 'grant ' || acl.privilege_type || ' (' || quote_ident(columns.attname) || ') on ' || quote_ident(?)
                    || '.' || quote_ident(relation.relname) || ' to ' || {_GRANTEE} || {_WITH_GRANT}
                from ({_RELATIONS}) as relation
                inner join pg_catalog.pg_attribute as columns on relation.oid = columns.attrelid
                inner join pg_catalog.pg_class as twin
                    on relation.relname = twin.relname and twin.relnamespace = cast(quote_ident(?) as regnamespace)
                inner join pg_catalog.pg_attribute as same on twin.oid = same.attrelid and columns.attname = same.attname
                cross join lateral aclexplode(columns.attacl) as acl
                where relation.nspname = ? and not columns.attisdropped""",
                (new, old, new, new, old, new, new, old),
            )
            if grants:
                self._database.execute("; ".join(grant for (grant,) in grants))

    def lock(self) -> None:
        """Everything that readers read: granted when no transaction is in the middle of it."""
        names = [
            quoted(schema, name) for schema, name in self._database.query(
                f"select nspname, relname from ({_RELATIONS}) as relation where nspname in ? and kind in ('r', 'p', 'v')"
                " order by 1, 2",
                (READ,),
            )
        ]
        if names:
            self._database.execute(f"lock table {', '.join(names)} in access exclusive mode")

    def swap(self, suffix: str, comment: str) -> list[str]:
        """Inside a transaction: the new schemas get the names, the old ones the suffix. What others will not find anew."""
        views = self._views_of_others()
        for old, new in self._pairs:
            self._move_what_stays(old, new)
        for old, new in self._pairs:
            former = quoted(f"{old}{suffix}")
            ((said,),) = self._database.query(
                "select obj_description(cast(quote_ident(?) as regnamespace), 'pg_namespace')", (old,)
            )
            self._database.execute(
                f"alter schema {quoted(old)} rename to {former}; comment on schema {former} is {literal(comment)};"
                f" comment on schema {quoted(new)} is {literal(said) if said else 'null'}"
            )
        for old, new in self._new:
            self._database.execute(f"alter schema {quoted(new)} rename to {quoted(old)}")
            if (old, new) not in self._pairs:
                self._database.execute(f"comment on schema {quoted(old)} is null")
        return [text for view in views if (text := self._read_the_new(*view))]

    def _move_what_stays(self, old: str, new: str) -> None:
        """Keys, rates, and what others have put into the schema."""
        for name, kind in self._database.query(
            f"""select relname, kind from ({_RELATIONS}) as relation
            where nspname = ? and not exists (
                select 1 from pg_catalog.pg_class as twin
                where twin.relname = relation.relname and twin.relnamespace = cast(quote_ident(?) as regnamespace)
            )""",
            (old, new),
        ):
            self._database.execute(f"alter {_KINDS[kind]} {quoted(old, name)} set schema {quoted(new)}")
        for (routine,) in self._database.query(
            "select cast(cast(oid as regprocedure) as text) from pg_catalog.pg_proc"
            " where pronamespace = cast(quote_ident(?) as regnamespace)",
            (old,),
        ):
            self._database.execute(f"alter routine {routine} set schema {quoted(new)}")

    def _views_of_others(self) -> list[tuple[str, str, str, str | None]]:
        """Views that stay and read what is replaced: schema, name, query and options."""
        old, new = tuple(pair[0] for pair in self._pairs), tuple(pair[1] for pair in self._pairs)
        if not old:
            return []
        return self._database.query(
            """select distinct space.nspname, class.relname, pg_get_viewdef(class.oid),
                array_to_string(class.reloptions, ', ')
            from pg_catalog.pg_depend as used
            inner join pg_catalog.pg_rewrite as rule on used.objid = rule.oid
            inner join pg_catalog.pg_class as class on rule.ev_class = class.oid
            inner join pg_catalog.pg_namespace as space on class.relnamespace = space.oid
            inner join pg_catalog.pg_class as read on used.refobjid = read.oid and read.oid <> class.oid
            inner join pg_catalog.pg_namespace as read_space on read.relnamespace = read_space.oid
            where used.classid = cast('pg_rewrite' as regclass) and used.refclassid = cast('pg_class' as regclass)
                and class.relkind = 'v' and read_space.nspname in ? and space.nspname not in ? and (
                    space.nspname not in ? or not exists (
                        select 1 from pg_catalog.pg_class as twin
                        inner join pg_catalog.pg_namespace as twin_space on twin.relnamespace = twin_space.oid
                        where twin.relname = class.relname and twin_space.nspname in ?
                    )
                )
            order by 1, 2""",
            (old, new, old, new),
        )

    def _read_the_new(self, schema: str, name: str, query: str, options: str | None) -> str:
        """Let a view read the tables of the new schemas; why not, if it cannot."""
        self._database.execute("savepoint before_view")
        try:
            self._database.execute(
                f"create or replace view {quoted(schema, name)}{f' with ({options})' if options else ''} as {query}"
            )
        except psycopg2.Error as error:
            self._database.execute("rollback to savepoint before_view")
            reason = error.diag.message_primary or " ".join(str(error).split())
            return f"View {schema}.{name} still reads the former tables ({reason}): make it anew."
        return ""
