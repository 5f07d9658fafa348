/** Statements that fail, chosen so that between them every field of an ErrorResponse is used. */
export const failingStatements: readonly string[] = [
  'select 1 / 0',
  'selec 1',
  'select no_such_column from items',
  'select * from no_such_table',
  "insert into items values (1, 'anvil again', 1)",
  'insert into items values (9, null, 1)',
  "insert into items values (9, 'debt', -1)",
  "select 'x'::int",
  "select cast('2024-13-41' as date)",
  "select 'ünïcödé ☃' from nirgends",
  'create role eve',
  'select * from pg_authid',
  'set work_mem = nonsense',
  "set role 'postgres'",
  'copy items to program $$id$$',
  'do $$ begin execute $x$ selec 1 $x$; end $$',
  'do $$ begin perform 1 / 0; end $$',
  `do $$ begin
     raise exception using message = 'of my own', errcode = 'ZZ001', detail = 'a detail', hint = 'a hint',
       schema = 's', table = 't', column = 'c', datatype = 'd', constraint = 'k';
   end $$`,
];
