import java.sql.DriverManager;

/** Prints who a JDBC URL makes us in the database. */
class WhoAmI {
    public static void main(String[] args) throws Exception {
        try (var connection = DriverManager.getConnection(args[0]);
                var rows = connection.createStatement().executeQuery("select session_user || '@' || current_database()")) {
            rows.next();
            System.out.println(rows.getString(1));
        }
    }
}
