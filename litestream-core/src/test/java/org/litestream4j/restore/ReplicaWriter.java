package org.litestream4j.restore;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;

import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;

import org.litestream4j.format.Generation;
import org.litestream4j.format.Lz4;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.Writer;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.sqlite.WalChecksum;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.store.FileStore;

/**
 * Writes a file replica of a real SQLite database, one object at a time, and keeps what
 * the database looked like after each commit. The objects' times are one second apart.
 * Reads the {@code -wal} file, which carries no locks, and never the database file, which
 * does.
 */
public final class ReplicaWriter implements AutoCloseable {

	private static final Instant FIRST_TIME = Instant.parse("2026-11-22T12:00:00Z");

	private static final Random RANDOM = new Random(1);

	private final Path database;

	private final Path root;

	private final V03Replica client;

	private final Map<WalPosition, byte[]> states = new LinkedHashMap<>();

	private final SQLiteConnection connection;

	private Generation generation = Generation.random();

	private Instant time = FIRST_TIME;

	private boolean noting;

	private @Nullable Writer writer;

	private int index;

	private long offset;

	/**
	 * Creates a database of one empty table {@code t(id, v)}, and no object yet.
	 * @param directory the database becomes {@code source.db}, the replica
	 * {@code replica} in it
	 * @param pragmas run first, such as {@code page_size=512}
	 */
	public ReplicaWriter(Path directory, String... pragmas) throws SQLException {
		this.database = directory.resolve("source.db");
		this.root = directory.resolve("replica");
		this.client = new V03Replica(new FileStore(this.root, SystemDisk.ownerOnly()));
		this.connection = JDBC.createConnection("jdbc:sqlite:" + this.database, new Properties());
		for (String pragma : pragmas) {
			execute("PRAGMA " + pragma);
		}
		execute("PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", "PRAGMA synchronous=OFF",
				"CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)", "PRAGMA wal_checkpoint(TRUNCATE)");
	}

	public void execute(String... statements) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	SQLiteConnection connection() {
		return this.connection;
	}

	/** Stores the whole database, as of now, as the snapshot of the current index. */
	public Snapshot snapshot() throws Exception {
		return snapshot(bytes());
	}

	Snapshot snapshot(byte[] bytes) throws Exception {
		ObjectNote note = by(new ObjectNote(this.time.minusSeconds(1), this.offset));
		Snapshot snapshot = this.client.writeSnapshot(this.generation, this.index, note, (out) -> {
			if (this.noting) {
				note.writeTo(out);
			}
			out.write(compress(bytes));
		});
		stamp(ReplicaLayout.nameOf(snapshot));
		return snapshot;
	}

	/** Commits, and stores what the WAL got as one more segment. */
	public WalPosition commit(String... statements) throws Exception {
		execute(statements);
		return segment();
	}

	/** Commits without storing anything. */
	WalPosition commitOnly(String... statements) throws Exception {
		execute(statements);
		try (RandomAccessFile wal = new RandomAccessFile(this.database + "-wal", "r")) {
			WalPosition end = new WalPosition(this.generation, this.index, wal.length());
			this.states.put(end, bytes());
			return end;
		}
	}

	/** From now on objects say of themselves when their newest commit was made. */
	public void noteTimes() {
		this.noting = true;
	}

	/** From now on objects also say who wrote them, and segments replace nothing. */
	public void writeAs(Writer newWriter) {
		this.noting = true;
		this.writer = newWriter;
	}

	private ObjectNote by(ObjectNote note) {
		return (this.writer != null) ? note.by(this.writer) : note;
	}

	/** The next object is this old, and each later one a second less. */
	public void setTime(Instant time) {
		this.time = time;
	}

	public Instant time() {
		return this.time;
	}

	/** Stores everything of the index from an offset on as one more segment. */
	public WalPosition segment(long from) throws Exception {
		this.offset = from;
		return segment();
	}

	/** Stores what was committed since the last segment as one more. */
	public WalPosition segment() throws Exception {
		byte[] bytes;
		try (RandomAccessFile wal = new RandomAccessFile(this.database + "-wal", "r")) {
			bytes = new byte[Math.toIntExact(wal.length() - this.offset)];
			wal.seek(this.offset);
			wal.readFully(bytes);
		}
		WalPosition start = store(new WalPosition(this.generation, this.index, this.offset), bytes);
		this.offset += bytes.length;
		WalPosition end = start.at(this.offset);
		this.states.put(end, bytes());
		return end;
	}

	private void stamp(String objectName) throws IOException {
		Files.setLastModifiedTime(this.root.resolve(objectName), FileTime.from(this.time));
		this.time = this.time.plusSeconds(1);
	}

	/**
	 * Stores an empty segment where the index ends, as whoever takes a replica over does.
	 */
	public WalPosition fence() throws Exception {
		return store(new WalPosition(this.generation, this.index, this.offset), new byte[0]);
	}

	/** Stores a WAL's header without frames as the next index. */
	public WalPosition headerOnly() throws Exception {
		this.index++;
		this.offset = 0;
		byte[] header = new WalHeader(false, pageSize(), 0, RANDOM.nextLong(), 0).toBytes();
		long checksum = WalChecksum.update(false, 0, header, 0, 24);
		ByteBuffer.wrap(header).putLong(24, checksum);
		WalPosition start = store(new WalPosition(this.generation, this.index, 0), header);
		this.offset = WalHeader.SIZE;
		this.states.put(start.at(this.offset), bytes());
		return start;
	}

	/**
	 * Goes on in the next index with the same WAL: from its beginning, which an earlier
	 * index holds already.
	 */
	public void repeatInNextIndex() {
		this.index++;
		this.offset = 0;
	}

	private int pageSize() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			return statement.executeQuery("PRAGMA page_size").getInt(1);
		}
	}

	private WalPosition store(WalPosition start, byte[] bytes) throws Exception {
		ObjectNote note = by(new ObjectNote(this.time, null));
		WalSegment segment = this.client.writeWalSegment(start, note, (out) -> {
			if (this.noting) {
				note.writeTo(out);
			}
			out.write(compress(bytes));
		});
		stamp(ReplicaLayout.nameOf(segment));
		return start;
	}

	/** Starts the next WAL index. */
	public void nextIndex() throws SQLException {
		execute("PRAGMA wal_checkpoint(TRUNCATE)");
		this.index++;
		this.offset = 0;
	}

	/** Starts another generation. */
	public void nextGeneration() throws SQLException {
		execute("PRAGMA wal_checkpoint(TRUNCATE)");
		this.generation = Generation.random();
		this.index = 0;
		this.offset = 0;
	}

	public V03Replica client() {
		return this.client;
	}

	public Path root() {
		return this.root;
	}

	public Generation generation() {
		return this.generation;
	}

	/** What the database was when a commit had just ended there. */
	public byte[] state(WalPosition position) {
		return Objects.requireNonNull(this.states.get(position),
				() -> "no commit ended at %s, only at %s".formatted(position, this.states.keySet()));
	}

	Map<WalPosition, byte[]> states() {
		return this.states;
	}

	/** The database with its WAL applied, as SQLite itself sees it. */
	public byte[] bytes() throws SQLException {
		return this.connection.serialize("main");
	}

	static byte[] compress(byte[] bytes) throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (OutputStream out = Lz4.compress(compressed, bytes.length)) {
			out.write(bytes);
		}
		return compressed.toByteArray();
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
