import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/** Scenarios of JDBC. Reads lines {@code NAME<TAB>URL}; writes what each scenario saw, then {@code --- end}. */
public class Scenarios {
    static final int MIB = 1024 * 1024;

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split("\t");
            try {
                Scenarios.class.getDeclaredMethod(words[0], String.class).invoke(null, words[1]);
            } catch (ReflectiveOperationException error) {
                error.printStackTrace(System.out);
            }
            say("--- end");
        }
    }

    static void say(Object... values) {
        StringBuilder line = new StringBuilder();
        for (Object value : values) line.append(line.isEmpty() ? "" : " ").append(value);
        System.out.println(line.toString().replace("\n", "\\n").replace("\t", "\\t"));
        System.out.flush();
    }

    static Connection connect(String url, String... settings) throws SQLException {
        Properties properties = new Properties();
        for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
        return DriverManager.getConnection(url, properties);
    }

    static void sayRows(ResultSet rows) throws SQLException {
        ResultSetMetaData meta = rows.getMetaData();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            say("  column", meta.getColumnName(i), meta.getColumnTypeName(i), meta.getPrecision(i), meta.getScale(i));
        }
        while (rows.next()) {
            StringBuilder row = new StringBuilder("  row");
            for (int i = 1; i <= meta.getColumnCount(); i++) {
                boolean isBytes = meta.getColumnType(i) == Types.BINARY;
                row.append(" | ").append(isBytes ? HexFormat.of().formatHex(rows.getBytes(i)) : rows.getString(i));
            }
            say(row);
        }
    }

    static void query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            sayRows(rows);
        }
    }

    static void sayError(SQLException error) {
        say("error", error.getSQLState(), error.getClass().getSimpleName());
        ServerErrorMessage fields = error instanceof PSQLException e ? e.getServerErrorMessage() : null;
        if (fields != null) sayFields(fields);
        else say("  ", error.getMessage());
    }

    static void sayFields(ServerErrorMessage m) {
        say("  ", m.getSeverity(), m.getSQLState(), m.getMessage(), "| detail", m.getDetail(), "| hint", m.getHint());
        say("  position", m.getPosition(), m.getInternalPosition(), m.getInternalQuery(), "| where", m.getWhere());
        say("  about", m.getSchema(), m.getTable(), m.getColumn(), m.getDatatype(), m.getConstraint());
        say("  from", m.getFile(), m.getLine(), m.getRoutine());
    }

    static void fails(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            say("no error", sql);
        } catch (SQLException error) {
            sayError(error);
        }
    }

    /** Until another session of the same person runs a statement with that marker. */
    static void waitUntilRunning(String url, String marker) throws SQLException {
        String sql = "select 1 from pg_stat_activity where state = 'active' and query like ? and pid <> pg_backend_pid()";
        try (Connection connection = connect(url); PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "%" + marker + "%");
            while (!statement.executeQuery().next()) Thread.onSpinWait();
        }
    }

    static void queries(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            query(connection, "select session_user, current_user, current_setting('is_superuser') as super");
            query(connection, "select * from items order by id");
            try (Statement statement = connection.createStatement()) {
                boolean isRows = statement.execute("create temp table t (x int); insert into t values (1), (2); select * from t; delete from t");
                for (; isRows || statement.getUpdateCount() >= 0; isRows = statement.getMoreResults()) {
                    if (isRows) sayRows(statement.getResultSet());
                    else say("count", statement.getUpdateCount());
                }
            }
        }
    }

    /** The driver makes a named statement of it on the server at the third use, and then asks for binary results. */
    static void prepared(String url) throws SQLException {
        String sql = "select ?::int as i, ?::text as t, ?::numeric as n, ?::timestamptz as z, ?::bytea as b, ?::int[] as a, ?::bool as f";
        try (Connection connection = connect(url, "prepareThreshold", "3"); PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < 6; i++) {
                statement.setInt(1, i);
                statement.setString(2, "ünï ☃");
                statement.setBigDecimal(3, new java.math.BigDecimal("1.50"));
                statement.setTimestamp(4, new java.sql.Timestamp(1_000_000_000_000L));
                statement.setBytes(5, new byte[] {0, 1, (byte) 0xff});
                statement.setArray(6, connection.createArrayOf("int4", new Object[] {1, 2}));
                statement.setNull(7, Types.BOOLEAN);
                sayRows(statement.executeQuery());
            }
            query(connection, "select name, statement, parameter_types::text, from_sql from pg_prepared_statements order by name");
        }
    }

    static void batches(String url) throws SQLException {
        for (String rewrite : new String[] {"false", "true"}) {
            try (Connection connection = connect(url, "reWriteBatchedInserts", rewrite)) {
                fails(connection, "create temp table t (x int primary key, y text)");
                try (PreparedStatement insert = connection.prepareStatement("insert into t values (?, ?)")) {
                    for (int i = 0; i < 5_000; i++) {
                        insert.setInt(1, i);
                        insert.setString(2, "row " + i);
                        insert.addBatch();
                    }
                    say(Arrays.hashCode(insert.executeBatch()));
                    for (int i = 5_000; i > 4_990; i--) {
                        insert.setInt(1, i);
                        insert.setString(2, "again");
                        insert.addBatch();
                    }
                    insert.executeBatch();
                } catch (BatchUpdateException error) {
                    say("counts", Arrays.toString(error.getUpdateCounts()));
                    // Its other fields name the schema of temporary tables, which has a number of its own in each session.
                    say(error.getSQLState(), error.getCause().getMessage());
                }
                query(connection, "select count(*), sum(x) from t");
            }
        }
    }

    static void errors(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            for (String sql : new String[] {
                "select 1 / 0",
                "selec 1",
                "select no_such_column from items",
                "insert into items values (1, 'again', 1)",
                "insert into items values (9, null, 1)",
                "insert into items values (9, 'debt', -1)",
                "do $$ begin execute 'selec 1'; end $$",
                "do $$ begin raise exception 'of my own' using errcode = 'ZZ001', detail = 'd', hint = 'h'; end $$",
            }) fails(connection, sql);
            connection.setAutoCommit(false);
            fails(connection, "select 1 / 0");
            fails(connection, "select 'in a failed transaction'");
            connection.rollback();
            fails(connection, "select 1");
        }
    }

    static void warnings(String url) throws SQLException {
        try (Connection connection = connect(url); Statement statement = connection.createStatement()) {
            statement.execute("do $$ begin raise notice 'n' using hint = 'h'; raise warning 'w' using detail = 'd'; end $$");
            for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                sayFields(((PSQLWarning) warning).getServerErrorMessage());
            }
        }
    }

    static void settings(String url) throws SQLException {
        String options = "-c work_mem=7MB -c search_path=pg_catalog,\\ public";
        try (Connection connection = connect(url, "options", options, "ApplicationName", "the tests")) {
            PGConnection pg = connection.unwrap(PGConnection.class);
            pg.getParameterStatuses().forEach((name, value) -> say(name, value));
            say(connection.getMetaData().getDatabaseProductVersion(), connection.getSchema());
            try (Statement statement = connection.createStatement()) {
                ResultSet pid = statement.executeQuery("select pg_backend_pid()");
                pid.next();
                say("own pid", pid.getInt(1) == pg.getBackendPID());
                for (String reset : new String[] {"reset all", "discard all"}) {
                    statement.execute("set work_mem = '9MB'; set search_path = public; set timezone = 'Asia/Tokyo'");
                    say("changed", pg.getParameterStatus("TimeZone"));
                    statement.execute(reset);
                    query(connection, "select name, setting, source from pg_settings where source in ('client', 'session') and name not like 'app.%' order by 1");
                }
            }
        }
    }

    static void transactions(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            fails(connection, "create temp table t (x int)");
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            connection.setAutoCommit(false);
            fails(connection, "insert into t values (1)");
            Savepoint savepoint = connection.setSavepoint();
            fails(connection, "insert into t values (1 / 0)");
            connection.rollback(savepoint);
            fails(connection, "insert into t values (2)");
            connection.commit();
            query(connection, "select x, current_setting('transaction_isolation') as level from t");
            connection.rollback();
            connection.setReadOnly(true);
            fails(connection, "create table never_made (x int)");
            connection.rollback();
        }
    }

    /** With a fetch size the driver leaves a portal open and asks for more rows when it needs them. */
    static void portals(String url) throws SQLException {
        try (Connection connection = connect(url); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.setFetchSize(100);
            ResultSet rows = statement.executeQuery("select generate_series(1, 10000)");
            query(connection, "select 'in between' as x");
            long sum = 0;
            while (rows.next()) sum += rows.getInt(1);
            say("sum", sum);
        }
    }

    static void metadata(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            sayRows(connection.getMetaData().getColumns(null, "public", "items", null));
            sayRows(connection.getMetaData().getPrimaryKeys(null, "public", "items"));
            try (CallableStatement call = connection.prepareCall("{? = call upper(?)}")) {
                call.registerOutParameter(1, Types.VARCHAR);
                call.setString(2, "called");
                call.execute();
                say(call.getString(1));
            }
        }
    }

    static void simpleMode(String url) throws SQLException {
        try (Connection connection = connect(url, "preferQueryMode", "simple"); PreparedStatement statement = connection.prepareStatement("select ?::int + 1 as x")) {
            statement.setInt(1, 41);
            sayRows(statement.executeQuery());
        }
    }

    static void copy(String url) throws Exception {
        try (Connection connection = connect(url)) {
            fails(connection, "create temp table t (x int, y text)");
            CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
            say(copy.copyIn("copy t from stdin", new ByteArrayInputStream("1\tone\n2\t\\N\n".getBytes())));
            ByteArrayOutputStream binary = new ByteArrayOutputStream();
            say(copy.copyOut("copy t to stdout (format binary)", binary), HexFormat.of().formatHex(binary.toByteArray()));
            say(copy.copyIn("copy t from stdin (format binary)", new ByteArrayInputStream(binary.toByteArray())));
            try {
                copy.copyIn("copy t from stdin", new ByteArrayInputStream("one\tx\n".getBytes()));
            } catch (SQLException error) {
                sayError(error);
            }
            copy.copyIn("copy t from stdin").cancelCopy();
            query(connection, "select * from t");
        }
    }

    static void row64MiB(String url) throws Exception {
        String big = "abcdefgh".repeat(8 * MIB);
        try (Connection connection = connect(url); PreparedStatement statement = connection.prepareStatement("select ?::text")) {
            statement.setString(1, big);
            ResultSet rows = statement.executeQuery();
            rows.next();
            say(rows.getString(1).equals(big), big.length());
        }
    }

    static void notifications(String url) throws SQLException {
        try (Connection listener = connect(url); Connection notifier = connect(url)) {
            fails(listener, "listen \"the channel\"");
            fails(notifier, "select pg_notify('the channel', 'one'), pg_notify('the channel', 'two')");
            for (PGNotification heard : listener.unwrap(PGConnection.class).getNotifications(0)) {
                boolean fromNotifier = heard.getPID() == notifier.unwrap(PGConnection.class).getBackendPID();
                say(heard.getName(), heard.getParameter(), fromNotifier);
            }
        }
    }

    static void cancel(String url) throws Exception {
        try (Connection connection = connect(url); Statement statement = connection.createStatement()) {
            Thread canceller = new Thread(() -> {
                try {
                    waitUntilRunning(url, "cancelled by JDBC");
                    statement.cancel();
                } catch (SQLException error) {
                    sayError(error);
                }
            });
            canceller.start();
            try {
                statement.execute("select pg_sleep(60), 'cancelled by JDBC'");
            } catch (SQLException error) {
                sayError(error);
            }
            canceller.join();
            query(connection, "select 'still here' as x");
        }
    }

    static void queryTimeout(String url) throws SQLException {
        try (Connection connection = connect(url); Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            try {
                statement.execute("select pg_sleep(60)");
            } catch (SQLException error) {
                sayError(error);
            }
            query(connection, "select 'still here' as x");
        }
    }

    /** The driver reads and writes them by FunctionCall messages. */
    static void largeObjects(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            connection.setAutoCommit(false);
            LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
            long oid = manager.createLO(LargeObjectManager.READWRITE);
            LargeObject object = manager.open(oid);
            object.write(new byte[2 * MIB]);
            object.seek(5);
            say(object.tell(), object.size(), object.read(7 * MIB).length);
            object.close();
            manager.delete(oid);
            connection.commit();
        }
    }

    static void terminated(String url) throws SQLException {
        try (Connection connection = connect(url)) {
            fails(connection, "select pg_terminate_backend(pg_backend_pid())");
            say("closed", connection.isClosed());
        }
    }

    static void wrongDatabase(String url) {
        try {
            connect(url.replace("/sales", "/nowhere")).close();
        } catch (SQLException error) {
            // A gateway adds a detail and a hint to it.
            say(error.getSQLState(), error.getMessage().lines().findFirst().get());
        }
    }
}
