package org.litestream4j.format.ltx;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import org.litestream4j.format.TransactionId;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;

/**
 * Writes an LTX replica of a real SQLite database, one file at a time, and keeps what the
 * database looked like after each transaction. These are one second apart.
 */
public final class LtxReplicaWriter implements AutoCloseable {

	private static final Instant BEFORE = Instant.parse("2026-11-22T12:00:00Z");

	private final Path database;

	private final LtxReplica replica;

	private final Connection connection;

	private final TreeMap<Long, byte[]> states = new TreeMap<>();

	/**
	 * Creates a database of one empty table {@code t(id, v)}, and no file yet.
	 * @param directory the database becomes {@code source.db}, the replica
	 * {@code replica} in it
	 * @param pragmas run first, such as {@code page_size=512}
	 */
	public LtxReplicaWriter(Path directory, String... pragmas) throws SQLException {
		this(directory.resolve("source.db"), directory.resolve("replica"));
		for (String pragma : pragmas) {
			execute("PRAGMA " + pragma);
		}
		execute("PRAGMA synchronous=OFF", "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)");
	}

	/**
	 * Follows a database that somebody else changes, who has no transaction open when it
	 * is looked at.
	 * @param database the database
	 * @param replica where its files go
	 */
	public LtxReplicaWriter(Path database, Path replica) throws SQLException {
		this.database = database;
		this.replica = new LtxReplica(new FileStore(replica, SystemDisk.ownerOnly()));
		this.connection = DriverManager.getConnection("jdbc:sqlite:" + database);
	}

	private void execute(String... statements) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	/** What keeps the replica. */
	public ObjectStore store() {
		return this.replica.store();
	}

	/** The database file as it was after a transaction. */
	public byte[] state(TransactionId txid) {
		return Objects.requireNonNull(this.states.get(txid.value()));
	}

	/** The last transaction. */
	public TransactionId newest() {
		return new TransactionId(this.states.lastKey());
	}

	/** When a transaction was committed. */
	public static Instant time(long txid) {
		return BEFORE.plusSeconds(txid);
	}

	/** Commits statements, and stores what they changed as the next transaction. */
	public TransactionId commit(String... statements) throws SQLException, IOException {
		execute(statements);
		return note();
	}

	/**
	 * Stores what the database has changed since, as the next transaction: if that is its
	 * page size, all of it, and as a snapshot as well.
	 */
	public TransactionId note() throws IOException {
		byte[] last = this.states.isEmpty() ? new byte[0] : this.states.lastEntry().getValue();
		byte[] after = Files.readAllBytes(this.database);
		long txid = this.states.isEmpty() ? 1 : this.states.lastKey() + 1;
		this.states.put(txid, after);
		int pageSize = pageSize(after);
		boolean other = last.length > 0 && pageSize(last) != pageSize;
		byte[] before = other ? new byte[0] : last;
		LtxHeader header = new LtxHeader(pageSize, after.length / pageSize, txid, txid, time(txid).toEpochMilli());
		write(0, header, (writer) -> {
			for (int at = 0; at < after.length; at += pageSize) {
				if (at >= before.length || !Arrays.equals(before, at, at + pageSize, after, at, at + pageSize)) {
					writer.page(at / pageSize + 1, after, at);
				}
			}
		});
		if (other) {
			write(LtxFile.SNAPSHOTS, header.since(1), (writer) -> {
				for (int at = 0; at < after.length; at += pageSize) {
					writer.page(at / pageSize + 1, after, at);
				}
			});
		}
		return new TransactionId(txid);
	}

	private static int pageSize(byte[] database) {
		int size = Short.toUnsignedInt(ByteBuffer.wrap(database).getShort(16));
		return (size == 1) ? 65536 : size;
	}

	/** Stores what adds nothing, and keeps others out of its number. */
	public TransactionId fence() throws IOException {
		byte[] last = this.states.lastEntry().getValue();
		long txid = this.states.lastKey() + 1;
		this.states.put(txid, last);
		int pageSize = Short.toUnsignedInt(ByteBuffer.wrap(last).getShort(16));
		write(0, new LtxHeader(pageSize, last.length / pageSize, txid, txid, time(txid).toEpochMilli()), (writer) -> {
		});
		return new TransactionId(txid);
	}

	private interface Pages {

		void writeTo(LtxWriter writer) throws IOException;

	}

	private void write(int level, LtxHeader header, Pages pages) throws IOException {
		this.replica.write(LtxFile.named(level, header.minTxid(), header.maxTxid()), header.time(), Map.of(),
				Precondition.NONE, (out) -> {
					LtxWriter writer = new LtxWriter(out, header);
					pages.writeTo(writer);
					writer.finish();
				});
	}

	/** Makes a file of a level of all that the level below has since, if anything. */
	public void compact(int level) throws IOException {
		long reached = this.replica.list(level).stream().mapToLong(LtxFile::maxTxid).max().orElse(0);
		List<LtxFile> since = this.replica.list(level - 1).stream().filter((file) -> file.maxTxid() > reached).toList();
		if (!since.isEmpty()) {
			merge(level, since);
		}
	}

	/** Makes a snapshot of the newest state. */
	public void snapshot() throws IOException {
		merge(LtxFile.SNAPSHOTS, LtxChain.towards(this.replica.listAll(), newest().value()).files());
	}

	private void merge(int level, List<LtxFile> sources) throws IOException {
		List<LtxReader> readers = new ArrayList<>();
		for (LtxFile source : sources) {
			try (InputStream in = this.replica.open(source)) {
				readers.add(new LtxReader(new ByteArrayInputStream(in.readAllBytes())));
			}
		}
		try (LtxMerge merge = new LtxMerge(readers)) {
			byte[] page = new byte[merge.header().pageSize()];
			write(level, merge.header(), (writer) -> {
				for (int number = merge.next(page); number != 0; number = merge.next(page)) {
					writer.page(number, page, 0);
				}
			});
		}
	}

	/** Deletes the files of a level that end no later than with a transaction. */
	public void delete(int level, long upTo) throws IOException {
		this.replica.delete(this.replica.list(level).stream().filter((file) -> file.maxTxid() <= upTo).toList());
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
