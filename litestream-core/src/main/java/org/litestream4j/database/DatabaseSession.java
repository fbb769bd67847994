package org.litestream4j.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.BusyHandler;
import org.sqlite.JDBC;

import org.litestream4j.io.OnFailure;

/**
 * The engine's own connections to a live database: C checkpoints and is never in a
 * transaction, W takes the write lock and never writes, readers hold read transactions.
 * All leave automatic checkpoints off. Not thread-safe, but for {@link #newReadLock()}.
 */
public final class DatabaseSession implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(DatabaseSession.class);

	/** SQLite's own busy handler sleeps up to 100 ms and starves under a busy writer. */
	private static final long BUSY_PARK_NANOS = 100_000;

	private final DatabaseFile file;

	private final Duration busyTimeout;

	private final Connection checkpoints;

	/** Null after it could not give the write lock back. */
	@Nullable private Connection writer;

	/** Kept, as it is asked once a second of every idle database; closed with C. */
	@Nullable private PreparedStatement asking;

	private final SqliteVersion version;

	private final WriteTurns turns = new WriteTurns();

	private volatile long writeDeadline;

	private DatabaseSession(DatabaseFile file, Duration busyTimeout, Connection writer) throws SQLException {
		this.file = file;
		this.busyTimeout = busyTimeout;
		this.writer = writer;
		this.version = SqliteVersion.parse(Sql.query(writer, "SELECT sqlite_version()"));
		this.checkpoints = connect(file.path(), Duration.ZERO, Map.of(), "rw");
		waitBriefly(writer);
	}

	private void waitBriefly(Connection connection) throws SQLException {
		BusyHandler.setHandler(connection, new BusyHandler() {
			@Override
			protected int callback(int attempts) {
				if (System.nanoTime() - DatabaseSession.this.writeDeadline >= 0) {
					return 0;
				}
				LockSupport.parkNanos(BUSY_PARK_NANOS);
				return 1;
			}
		});
	}

	/**
	 * Opens a database, creates it if it is missing, and switches it to WAL mode if it is
	 * in another.
	 * @param database the file
	 * @param busyTimeout how long to wait for others
	 * @param pragmas the application's own settings, as page size, which count only for a
	 * database that is created here
	 * @throws IOException if it cannot be opened or refuses WAL mode
	 */
	public static DatabaseSession open(Path database, Duration busyTimeout, Map<String, String> pragmas)
			throws IOException {
		Path directory = database.toAbsolutePath().getParent();
		if (directory != null && !Files.isDirectory(directory)) {
			throw new IOException("the directory of database %s does not exist: create it".formatted(database));
		}
		boolean created = !Files.exists(database) || Files.size(database) == 0;
		// What is known of it must be what is opened
		DatabaseFile known = created ? null : DatabaseFile.of(database.toRealPath());
		try {
			Connection connection = connect(database, busyTimeout, created ? pragmas : Map.of(),
					created ? "rwc" : "rw");
			try (OnFailure undo = OnFailure.run(() -> Sql.closeQuietly(connection))) {
				if (created) {
					setAutoVacuum(connection, pragmas);
				}
				if (known != null) {
					known.requireAtItsPath();
				}
				requireWalMode(connection, database);
				DatabaseFile file = (known != null) ? known : DatabaseFile.of(database.toRealPath());
				DatabaseSession session = new DatabaseSession(file, busyTimeout, connection);
				try (OnFailure undoSession = OnFailure.run(session::close)) {
					file.requireAtItsPath();
					undoSession.keep();
				}
				warnIfOutdated(database, session.version);
				return undo.keep(session);
			}
		}
		catch (SQLException ex) {
			throw Sql.failure(notOpened(database), ex);
		}
	}

	/**
	 * SQLite only says that it could not. WAL mode needs to write beside the file too.
	 */
	private static String notOpened(Path database) {
		Path directory = database.toAbsolutePath().getParent();
		Path readOnly = (Files.exists(database) && !Files.isWritable(database)) ? database : directory;
		return (readOnly == null || Files.isWritable(readOnly)) ? "database %s cannot be opened".formatted(database)
				: "database %s cannot be opened, as %s is read-only: let the application write there"
					.formatted(database, readOnly);
	}

	/**
	 * Opens a connection. Reads nothing yet, so SQLite has not looked for a WAL.
	 * @param mode {@code ro}, {@code rw}, or {@code rwc}, which makes a file that is
	 * missing
	 */
	private static Connection connect(Path database, Duration busyTimeout, Map<String, String> pragmas, String mode)
			throws SQLException {
		Properties properties = new Properties();
		properties.putAll(pragmas);
		properties.setProperty("busy_timeout", String.valueOf(busyTimeout.toMillis()));
		// A URI, so that no character of the path means anything else
		String url = JDBC.PREFIX + database.toUri() + "?mode=" + mode;
		Connection connection = new JDBC().connect(url, properties);
		if (connection == null) {
			throw new SQLException("the SQLite driver does not accept " + url);
		}
		Sql.execute(connection, "PRAGMA wal_autocheckpoint=0");
		return connection;
	}

	/** The driver has no connection property for it. Must come before the first page. */
	private static void setAutoVacuum(Connection connection, Map<String, String> pragmas)
			throws SQLException, IOException {
		String mode = pragmas.get("auto_vacuum");
		if (mode == null) {
			return;
		}
		if (!mode.matches("(?i)none|full|incremental|[012]")) {
			throw new IOException("auto_vacuum is '%s': NONE, FULL or INCREMENTAL is expected".formatted(mode));
		}
		Sql.execute(connection, "PRAGMA auto_vacuum=" + mode);
	}

	private static void requireWalMode(Connection connection, Path database) throws SQLException, IOException {
		String mode = Sql.query(connection, "PRAGMA journal_mode");
		if (mode.equalsIgnoreCase("wal")) {
			return;
		}
		String now = Sql.query(connection, "PRAGMA journal_mode=WAL");
		if (!now.equalsIgnoreCase("wal")) {
			throw new WalModeRefusedException(database, now);
		}
		logger.info("Database {} was switched from journal mode {} to WAL, which replication needs", database, mode);
	}

	static void warnIfOutdated(Path database, SqliteVersion version) {
		if (!version.hasWalResetFix()) {
			logger.warn("Database {} is used through SQLite {}, which can, rarely, corrupt a database in WAL mode when"
					+ " one connection checkpoints while another one writes: update org.xerial:sqlite-jdbc to"
					+ " 3.51.3.0 or newer", database, version);
		}
	}

	/** The database file. */
	public DatabaseFile file() {
		return this.file;
	}

	/** The version of SQLite that the driver brings. */
	public SqliteVersion version() {
		return this.version;
	}

	/**
	 * How many frames are published and how many are in the database file. Copies no
	 * frame with SQLite 3.51 or newer; before that it is a passive checkpoint, as there
	 * is no other way to ask.
	 */
	public CheckpointResult published() throws IOException {
		try {
			PreparedStatement prepared = this.asking;
			if (prepared == null) {
				prepared = this.checkpoints.prepareStatement(CheckpointResult
					.sql(this.version.hasNoopCheckpoint() ? CheckpointMode.NOOP : CheckpointMode.PASSIVE));
				this.asking = prepared;
			}
			return CheckpointResult.run(prepared);
		}
		catch (SQLException ex) {
			throw Sql.failure("the state of the WAL could not be read", ex);
		}
	}

	/** Checkpoints, without waiting for any lock. */
	public CheckpointResult checkpoint(CheckpointMode mode) throws IOException {
		return checkpoint(mode, 0);
	}

	/** Checkpoints, and waits for others some milliseconds. */
	CheckpointResult checkpoint(CheckpointMode mode, int patience) throws IOException {
		try (Statement statement = this.checkpoints.createStatement()) {
			if (patience > 0) {
				statement.execute("PRAGMA busy_timeout=" + patience);
			}
			return CheckpointResult.run(statement, mode);
		}
		catch (SQLException ex) {
			throw Sql.failure("checkpoint %s failed".formatted(mode), ex);
		}
	}

	/**
	 * Takes the write lock.
	 * @return false if others had it for all of the busy timeout
	 */
	public boolean tryBeginWrite() throws IOException {
		this.writeDeadline = System.nanoTime() + this.busyTimeout.toNanos();
		Connection connection = writer();
		try {
			Sql.execute(connection, "BEGIN IMMEDIATE");
			this.turns.taken();
			return true;
		}
		catch (SQLException ex) {
			release(connection);
			if (Sql.isBusy(ex)) {
				return false;
			}
			throw Sql.failure("the write lock could not be taken", ex);
		}
	}

	private Connection writer() throws IOException {
		if (this.writer == null) {
			this.writer = open("rw", (connection) -> {
				waitBriefly(connection);
				return connection;
			});
		}
		return this.writer;
	}

	/**
	 * Gives the write lock back; nothing was written. Whatever fails, it is given back:
	 * the application could not write any more.
	 */
	public void endWrite() {
		Connection connection = this.writer;
		if (connection == null) {
			return;
		}
		try {
			Sql.execute(connection, "ROLLBACK");
		}
		catch (SQLException ex) {
			logger.warn("Database {}: the write lock was not released at once: {}", this.file.path(), ex.getMessage());
			release(connection);
		}
		finally {
			this.turns.givenBack();
		}
	}

	/** Whether it was taken and not given back since. */
	public boolean hasWriteLock() {
		return this.turns.isTaken();
	}

	/** Where others of this process wait while the write lock is taken here. */
	public WriteTurns turns() {
		return this.turns;
	}

	/** Closes the connection if it may still be in a transaction. */
	private void release(Connection connection) {
		if (!Sql.endTransaction(connection)) {
			this.writer = null;
			Sql.closeQuietly(connection);
		}
	}

	/**
	 * A further connection for read transactions, which has read once: it then has all
	 * its files open, and goes on reading them when they are moved or deleted. It cannot
	 * write, and so it leaves the WAL as it is when it is closed as the last. The caller
	 * closes it.
	 * @throws IOException if its name stands for another file now, which is not read then
	 */
	public ReadLock newReadLock() throws IOException {
		return open("ro", (connection) -> {
			ReadLock reader = new ReadLock(connection);
			reader.begin();
			reader.end();
			return reader;
		});
	}

	/**
	 * Opens a further connection, and looks before and after that whether the name stands
	 * for the file that is in use: SQLite would lay its WAL over another one, or delete
	 * it. A connection that has read nothing yet has looked for no WAL.
	 */
	private <T> T open(String mode, FirstUse<T> first) throws IOException {
		this.file.requireAtItsPath();
		try {
			Connection connection = connect(this.file.path(), this.busyTimeout, Map.of(), mode);
			try (OnFailure undo = OnFailure.run(() -> Sql.closeQuietly(connection))) {
				this.file.requireAtItsPath();
				return undo.keep(first.use(connection));
			}
		}
		catch (SQLException ex) {
			throw Sql.failure("database %s cannot be opened".formatted(this.file.path()), ex);
		}
	}

	/** What a connection is opened for. */
	@FunctionalInterface
	private interface FirstUse<T> {

		T use(Connection connection) throws SQLException, IOException;

	}

	/**
	 * Closes C and W. While a {@link ReadLock} of this process is open, SQLite then
	 * leaves the WAL as it is.
	 */
	@Override
	public void close() {
		Sql.closeQuietly(this.checkpoints);
		closeWriter();
	}

	/** Closes W; it is opened again when it is needed. */
	void closeWriter() {
		if (this.writer != null) {
			Sql.closeQuietly(this.writer);
			this.writer = null;
		}
	}

}
