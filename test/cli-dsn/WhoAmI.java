import java.sql.DriverManager;

/** Prints who each JDBC URL makes us in the database. */
class WhoAmI {
    public static void main(String[] args) throws Exception {
        for (var url : args) {
            try (var connection = DriverManager.getConnection(url);
                    var rows = connection.createStatement().executeQuery("select session_user || '@' || current_database()")) {
                rows.next();
                System.out.println(rows.getString(1));
            }
        }
    }
}
